"""What a run says of its own health: each broken training by its name, a healthy one not at all."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigan
from minigan import data, gan, models, nn, optim, run
from minigan.autograd import op
from minigan.run import files, health, results, watch
from minigan.watching.anomaly import AnomalyError, searching
from minigan.watching.layers import listening, named

EXAMPLES = Path(__file__).parents[1] / "examples"


def trained(program, out, *words):
    """What an example says, and the findings of its run."""
    command = [sys.executable, EXAMPLES / f"{program}.py", "--out", out, "--dataset", "digits"]
    done = subprocess.run([*command, *words], capture_output=True, text=True)
    return done, health.read(out)


def kinds(findings):
    return {finding.kind for finding in findings}


# -- broken on purpose -----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_learning_rate_of_10(tmp_path):
    done, found = trained("mnist_dense", tmp_path, "--limit", "1000", "--epochs", "8", "--lr", "10")
    assert done.returncode == 0
    assert kinds(found) == {"exploding", "no_gradient", "d_wins"}
    (exploding,) = (each for each in found if each.kind == "exploding")
    assert "the outputs of layer D.5 are about" in exploding.seen
    assert "learning rate is too high" in exploding.means
    assert exploding.first_step == 64
    assert exploding.last_step == 128
    assert "Activations explode: " in done.stdout
    assert "Try: Lower the learning rate" in " ".join(done.stdout.split())


@pytest.mark.slow
def test_a_D_far_too_strong(tmp_path):
    strong = ["--lr-d", "2e-3", "--lr-g", "1e-6", "--limit", "1000", "--size", "28", "--width", "8"]
    done, found = trained("fashion_dcgan", tmp_path, *strong, "--epochs", "12")
    assert done.returncode == 0, done.stderr
    assert kinds(found) == {"d_wins"}
    assert found[0].seen.startswith("D(x) is 0.99") or found[0].seen.startswith("D(x) is 1.00")
    assert done.stdout.count("D wins: ") == 1  # once, not after each epoch


@pytest.mark.slow
def test_a_collapsing_G(tmp_path):
    bad = ["--limit", "1000", "--epochs", "8", "--lr", "1e-2"]
    done, found = trained("mnist_dense", tmp_path, *bad)
    assert done.returncode == 0
    assert kinds(found) >= {"collapse", "saturated"}
    assert "mode collapse" in done.stdout


@pytest.mark.slow
def test_healthy_trainings_have_no_finding(tmp_path):
    S1 = ["--limit", "2000", "--epochs", "8", "--beta1", "0.5", "--no-flip"]
    done, found = trained("mnist_dense", tmp_path / "S1", *S1)
    assert done.returncode == 0
    assert found == []
    rows = table(tmp_path / "S1")
    assert len(rows) == 4  # every second epoch has the 50 steps
    assert float(rows[-1]["diversity"]) > 0.05
    DCGAN = ["--quick", "--limit", "1920", "--width", "8"]
    done, found = trained("fashion_dcgan", tmp_path / "DCGAN", *DCGAN)
    assert done.returncode == 0
    assert found == []
    assert len(table(tmp_path / "DCGAN")) == 3


def table(folder):
    with open(folder / files.HEALTH) as file:
        return list(csv.DictReader(file))


# -- where a number was born that is none ----------------------------------------------------------


@pytest.mark.slow
def test_a_run_that_diverges_is_gone_through_again(tmp_path):
    done, found = trained("mnist_dense", tmp_path, "--limit", "1000", "--lr", "1e30")
    assert done.returncode == 2
    first, again, last = done.stderr.splitlines()
    assert "error: the training diverged at epoch 0" in first
    assert again.startswith("once more from its begin, each op looked at")
    assert "op 'affine' in layer D.3 made NaN" in last
    assert "lower the learning rate" in last
    assert kinds(found) == {"diverged"}
    assert "op 'affine' in layer D.3" in found[0].seen
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "made NaN" in page


@pytest.mark.slow
def test_the_second_time_has_the_settings_of_the_first(tmp_path):
    """Also those that --config brought."""
    small = ["--limit", "256", "--epochs", "1", "--hidden-g", "32", "--hidden-d", "32"]
    trained("mnist_dense", tmp_path / "a", *small)
    done, _ = trained("mnist_dense", tmp_path / "b", "--config", tmp_path / "a", "--lr", "1e30")
    sizes = [line for line in done.stdout.splitlines() if "; parameters: " in line]
    assert len(sizes) == 2
    assert sizes[0] == sizes[1]
    read = [json.loads((tmp_path / name / files.SETTINGS).read_text())["options"] for name in "ab"]
    assert read[0] | {"lr": 1e30} == read[1]


def test_another_error_is_no_divergence(tmp_path):
    """Though its words hold the letters of NaN."""

    def fail(r):
        raise ValueError("no such fruit: banana")

    with pytest.raises(ValueError, match="no such fruit: banana"):
        train(tiny(tmp_path), nn.Linear(4, 4), fail)
    assert health.read(tmp_path) == []


class DividesByZero(nn.Module):
    def forward(self, x):
        return x / (x - x)


def test_a_layer_that_divides_by_zero_is_named():
    G = nn.Sequential(nn.Linear(3, 4), DividesByZero(), nn.Linear(4, 2))
    with searching({"G": G}), pytest.raises(AnomalyError) as caught:
        G(minigan.randn(5, 3))
    assert str(caught.value) == (
        "op 'div' in layer G.1 made an infinity (20 of 20 values, float32 (5, 4)) in its result. "
        "Usually it is a division by 0: add a small number to what it divides by, or clamp it"
    )
    G(minigan.randn(5, 3))  # the search is over


def test_a_gradient_is_traced_to_the_layer_of_its_op():
    class Root(nn.Module):
        def forward(self, x):
            return root(x - x)

    net = nn.Sequential(nn.Linear(3, 4), Root())
    with searching({"net": net}):
        y = net(minigan.randn(5, 3)).sum()
        with pytest.raises(AnomalyError, match=r"op 'root' in layer net.1 made an infinity .*walk"):
            y.backward()


@op(x=lambda g, out: g * 0.5 / out)
def root(x):
    return x**0.5


def test_what_came_from_outside_is_told_as_such():
    D = models.DenseDiscriminator()
    x = minigan.tensor(np.full((2, 784), np.nan, "float32"))
    with searching({"D": D}), pytest.raises(AnomalyError, match="but it was given them: x "):
        D(x)


def test_each_of_several_tensors_is_looked_at():
    good, bad = minigan.ones(2, 3), minigan.tensor(np.full((2, 3), np.nan, "float32"))
    with searching(), pytest.raises(AnomalyError, match="but it was given them: pieces 2 "):
        minigan.cat([good, bad])


def test_a_type_among_the_arguments_is_no_number():
    with searching(), pytest.raises(AnomalyError, match="op 'astype' made an infinity"):
        minigan.tensor(np.full(3, 1e300)).astype(np.float32)


def test_searches_end_within_each_other():
    zero = minigan.zeros(2)
    with searching():
        with searching(infinite=False):
            assert not np.isfinite((1.0 / zero).numpy()).any()
        with pytest.raises(AnomalyError):
            1.0 / zero
    assert not np.isfinite((1.0 / zero).numpy()).any()


def tiny(out, *words):
    return run.options(
        "tiny",
        None,
        epochs=30,
        batch_size=8,
        dataset=None,
        log_every=3,
        argv=["--out", str(out), *words],
    )


def train(options, G, each_step=lambda r: None):
    """A G alone, pulled to 0."""
    optimizer = optim.Adam(G.parameters(), 1e-2)
    loader = minigan.data.DataLoader(minigan.data.TensorDataset(minigan.rand(64, 4)), 8)
    with run.Run(options, G=G, optimizer=optimizer) as r:
        for _ in r.epochs():
            for (x,) in r.batches(loader):
                loss = (G(x) * G(x)).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                r.log(loss_G=loss)
                each_step(r)
    return r


def test_detect_anomaly_ends_a_run_at_the_layer(tmp_path):
    G = nn.Sequential(nn.Linear(4, 4), DividesByZero())
    with pytest.raises(run.Diverged, match=r"at epoch 0, step 0: op 'div' in layer G\.1 made"):
        train(tiny(tmp_path, "--detect-anomaly"), G)
    (found,) = health.read(tmp_path)
    assert (found.kind, found.first_step) == ("diverged", 0)
    assert "op 'div' in layer G.1" in found.seen


def test_an_update_that_runs_away_is_told_as_such(tmp_path):
    G = nn.Sequential(nn.Linear(4, 4))

    def spoil(r):
        next(G.parameters()).array[0, 0] = np.inf

    with pytest.raises(run.Diverged, match=r"after the step's updates G\.0\.weight holds values"):
        train(tiny(tmp_path, "--detect-anomaly"), G, spoil)


def test_a_G_of_ones_own_may_have_a_noise_that_is_something_else(tmp_path):
    G = nn.Sequential(nn.Linear(4, 4))
    G.noise = nn.Linear(4, 4)
    r = train(tiny(tmp_path, "--epochs", "1"), G)
    assert "report.html" in r.files and "latent_interpolation.png" not in r.files


class Recorder:
    """What walk_and_neighbours asks of a run."""

    def __init__(self, G, images):
        self.networks, self.loader, self.pictures = {"G": G}, data.DataLoader(images, 4), {}

    def save_images(self, name, images, columns):
        self.pictures[name] = images.numpy(), columns


def test_a_walk_leads_from_point_to_point_and_neighbours_are_the_nearest():
    G = models.DCGANGenerator(6, 2, 16, classes=3).train()
    images = minigan.rand(9, 1, 16, 16) * 2.0 - 1.0
    end = Recorder(G, data.TensorDataset(images))
    minigan.manual_seed(5)
    results.walk_and_neighbours(end)
    after = minigan.rand(3)
    minigan.manual_seed(5)
    assert G.training and np.array_equal(after.numpy(), minigan.rand(3).numpy())  # as it was
    minigan.manual_seed(5)
    z, labels = G.noise(5), minigan.tensor([0, 1, 2, 0])
    G.eval()
    with minigan.no_grad():
        first, last = G(z[:4], labels).numpy(), G(z[1:], labels).numpy()
        samples = G(G.noise(8)).numpy()
    walk, columns = end.pictures["latent_interpolation.png"]
    rows = walk.reshape(4, columns, 1, 16, 16)
    np.testing.assert_allclose(rows[:, 0], first, rtol=0, atol=1e-5)
    np.testing.assert_allclose(rows[:, -1], last, rtol=0, atol=1e-5)
    near, columns = end.pictures["latent_nearest.png"]
    rows = near.reshape(8, columns, 1, 16, 16)
    np.testing.assert_allclose(rows[:, 0], samples, rtol=0, atol=1e-5)
    apart = np.square(samples[:, None] - images.numpy()).sum((2, 3, 4)).argsort(1)[:, : columns - 1]
    assert np.array_equal(rows[:, 1:], images.numpy()[apart])


def test_watching_changes_no_number(tmp_path):
    """Not even where layers draw random numbers, keep statistics, or count their uses."""
    bytes_of = []
    for word in ("--health", "--no-health"):
        options = tiny(tmp_path / word, word)
        first = gan.spectral_norm(nn.Linear(4, 8))
        G = nn.Sequential(first, nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 4), nn.Tanh())
        train(options, G)
        assert (tmp_path / word / files.HEALTH).exists() == (word == "--health")
        bytes_of.append((tmp_path / word / "G.safetensors").read_bytes())
    assert bytes_of[0] == bytes_of[1]


def test_data_of_another_kind_have_no_neighbours():
    end = Recorder(models.DenseGenerator(4, (5,), image=(1, 4, 4)), [{"x": 1.0}] * 9)
    results.walk_and_neighbours(end)
    assert list(end.pictures) == ["latent_interpolation.png"]


def test_a_second_pass_ends_where_the_first_one_did(tmp_path, monkeypatch):
    monkeypatch.setattr(run.ending, "second_pass_to", 11)
    with pytest.raises(minigan.UserError, match="this time it did not diverge up to step 12"):
        train(tiny(tmp_path, "--detect-anomaly"), nn.Linear(4, 4))


def test_words_that_a_program_gives_itself_have_no_second_pass(tmp_path, capsys):
    def main():
        train(tiny(tmp_path), nn.Sequential(nn.Linear(4, 4), DividesByZero()))

    with pytest.raises(SystemExit):
        run.program(main)
    assert capsys.readouterr().err.count("the training diverged") == 1


# -- what is seen ----------------------------------------------------------------------------------


def test_layers_are_heard_by_name_and_only_inside(backend):
    G = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
    assert list(named({"G": G}).values()) == ["G", "G.0", "G.1", "G.1.0"]
    heard = []
    with listening({"G": G}, lambda name, module, result: heard.append((name, result.shape))) as at:
        G(minigan.randn(4, 2))
        assert at == []
    G(minigan.randn(4, 2))
    shape = (4, 3)
    assert heard == [("G.0", shape), ("G.1.0", shape), ("G.1", shape), ("G", shape)]


def test_an_error_in_a_layer_leaves_no_listener():
    G = nn.Sequential(nn.Linear(2, 3))
    call = nn.Module.__call__
    with pytest.raises(ValueError), listening({"G": G}):
        G(minigan.randn(4, 5))
    assert nn.Module.__call__ is call


def test_norms_and_what_is_seen_are_the_formulas(backend):
    minigan.manual_seed(3)
    first, second = nn.Linear(2, 5), nn.Linear(5, 3)
    first.bias.array[:2], first.bias.array[2:] = -100.0, 9.0  # two units that are dead
    second.weight.array[...] *= 4.0
    G = nn.Sequential(first, nn.ReLU(), second, nn.Tanh())
    looking = watch.Watch({"G": G})
    real = minigan.rand(8, 1, 1, 3) * 2.0 - 1.0
    with looking.listening((real.cpu(), None)):  # as a loader may leave them, beside a G on a GPU
        y = G(minigan.randn(8, 2))
    y.sum().backward()
    gradients = np.concatenate([p.grad.cpu().numpy().ravel() for p in G.parameters()])
    assert float(looking.norms()["grad_G"]) == pytest.approx(np.linalg.norm(gradients), rel=1e-5)

    def apart(rows):
        distances = np.sort(np.linalg.norm(rows[:, None] - rows[None], axis=2), 1)[:, 1:]
        return np.array([distances[:, 0].mean(), distances.mean()])

    ours, theirs = y.detach().cpu().numpy(), real.cpu().numpy().reshape(8, 3)
    low, high = theirs.min(), theirs.max()
    edge = 0.005 * (high - low)
    seen = looking.seen()
    assert seen["diversity"] == pytest.approx((apart(ours) / apart(theirs)).min(), rel=1e-3)
    for name, rows in (("saturated", ours), ("saturated_real", theirs)):
        at_an_end = (rows < low + edge) | (rows > high - edge)
        assert seen[name] == pytest.approx(at_an_end.mean()) != 0.0
    assert seen["dead:G.1"] == pytest.approx(2 / 5)
    assert seen["size:G.3"] == pytest.approx(np.sqrt((ours**2).mean()), rel=1e-5)


def test_without_a_G_there_is_nothing_to_say_of_its_images():
    C = nn.Sequential(nn.Linear(2, 5), nn.ReLU())
    assert list(watch.Watch({"C": C}).seen()) == ["size:C.0", "size:C.1", "dead:C.1"]
    assert list(watch.Watch({"G": C}).seen())[:3] == ["diversity", "saturated", "saturated_real"]


class Draws(nn.Module):
    """A G that draws what it is given."""

    def forward(self, x):
        return x


@pytest.mark.parametrize("modes, least, most", [(8, 0.8, 1.2), (1, 0.0, 0.02)])
def test_one_mode_of_a_ring_is_no_diversity(modes, least, most):
    """Though the points in it are as far from their nearest as real ones are."""
    rng = np.random.default_rng(0)
    angles = np.arange(100) % np.array([[8], [modes]]) * (np.pi / 4)
    ring = np.stack([np.cos(angles), np.sin(angles)], 2) + 0.01 * rng.normal(size=(2, 100, 2))
    real, drawn = (minigan.tensor(points.astype("float32")) for points in ring)
    G = Draws()
    G.weight = nn.Parameter(minigan.ones(1))
    looking = watch.Watch({"G": G})
    with looking.listening(real):
        G(drawn)
    assert least <= looking.seen()["diversity"] <= most


def test_a_layer_of_a_computed_weight_is_heard_as_any_other():
    D = nn.Sequential(gan.spectral_norm(nn.Linear(2, 3)), nn.Sequential(nn.Tanh()))
    looking = watch.Watch({"D": D})
    with looking.listening(None):
        D(minigan.randn(8, 2))
    heard = {name for name in looking.seen() if ":" in name}
    assert heard == {"size:D.0", "size:D.1.0", "dead:D.1.0"}
    assert all(np.isfinite(looking.seen()[name]) for name in heard)


def test_of_few_samples_no_unit_is_said_to_be_dead():
    """A single one is as all others of its batch."""
    looking = watch.Watch({"G": nn.Sequential(nn.Linear(2, 3), nn.Tanh())})
    with looking.listening(minigan.rand(1, 3)):
        looking.networks["G"](minigan.randn(1, 2))
    assert np.isnan(looking.seen()["dead:G.1"]) and looking.seen()["size:G.1"] > 0.0


def test_without_gradients_there_is_no_norm():
    norms = watch.Watch({"G": nn.Linear(2, 2)}).norms()
    assert np.isnan(float(norms["grad_G"]))


# -- the rules -------------------------------------------------------------------------------------

WELL = {
    "D_x": 0.7, "D_Gz": 0.3, "grad_G": 2.0, "grad_D": 3.0, "diversity": 0.8, "saturated": 0.7,
    "saturated_real": 0.8, "size:G.0": 2.0, "dead:G.1": 0.0,
}  # fmt: skip


def findings(rows):
    return health.Diagnosis(rows).findings()


def rows(*changes):
    """A row of health.csv every 100 steps."""
    return [{"step": 100 * (n + 1), "epoch": n, **WELL, **each} for n, each in enumerate(changes)]


@pytest.mark.parametrize(
    ("change", "kind", "patience"),
    [
        ({"D_x": 0.99, "D_Gz": 0.01}, "d_wins", 2),
        ({"D_x": 0.4, "D_Gz": 0.6}, "d_loses", 2),
        ({"grad_G": 1e-5}, "no_gradient", 2),
        ({"grad_G": 0.0}, "no_gradient", 2),
        ({"diversity": 0.01}, "collapse", 2),
        ({"diversity": 0.15}, "collapse", 2),
        ({"saturated": 0.99}, "saturated", 2),
        ({"size:G.0": 1e5}, "exploding", 1),
        ({"size:G.0": float("inf")}, "exploding", 1),
        ({"dead:G.1": 0.8}, "dead", 2),
    ],
)
def test_each_rule(change, kind, patience):
    bad = [change] * patience
    assert findings(rows({}, {}, *bad[1:], {})) == []
    (found,) = findings(rows({}, {}, *bad, {}))
    assert found.kind == kind
    assert (found.first_step, found.last_step) == (300, 200 + 100 * patience)
    assert (found.first_epoch, found.last_epoch) == (2, 1 + patience)
    assert found.seen and found.means and found.cure
    (open_end,) = findings(rows({}, {}, *bad))
    assert open_end == found
    again = findings(rows({}, {}, {}, *bad, {}, *bad))
    assert [each.kind for each in again] == [kind, kind]


def test_a_G_of_another_name_gets_no_gradient_either():
    (found,) = findings([{"step": n, "epoch": 0, "grad_netG": 1e-7} for n in (1, 2)])
    assert (found.kind, found.first_step, found.last_step) == ("no_gradient", 1, 2)


def test_a_critic_is_not_judged():
    """Only differences of what it says have a meaning."""
    assert findings(rows(*[{"D_x": 35.0, "D_Gz": 12.0}] * 3)) == []
    assert findings(rows(*[{"D_x": 1.5, "D_Gz": -3.0}] * 3)) == []


def test_values_that_are_not_known_are_no_finding():
    nothing = dict.fromkeys(WELL, float("nan"))
    assert findings(rows(nothing, nothing, nothing)) == []
    assert findings([{"step": 1.0, "epoch": 0.0}] * 3) == []


def test_a_damaged_file_is_no_finding(tmp_path):
    assert health.read(tmp_path) == []
    (tmp_path / files.HEALTH).write_text("step,epoch\n1,x\n")
    (tmp_path / files.DIVERGED).write_text("{")
    assert health.read(tmp_path) == []
    (tmp_path / files.DIVERGED).write_text(json.dumps({"kind": "x"}))
    assert health.read(tmp_path) == []


# -- TensorBoard -----------------------------------------------------------------------------------


def test_without_tensorboardX_it_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(minigan.UserError, match=r'pip install "minigan\[tensorboard\]"'):
        train(tiny(tmp_path, "--tensorboard"), nn.Linear(4, 4))
    assert not (tmp_path / files.LOSSES).exists()


def test_tensorboard_reads_what_the_tables_say(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    pytest.importorskip("tensorboardX")
    G = nn.Linear(4, 4)

    def draw(r):
        if r.epoch in (0, 27) and r.batch == 0:
            r.save_images(f"samples_{r.epoch:03}.png", minigan.rand(4, 1, 8, 8))
            r.score(quality=0.25 * (r.epoch + 1))

    train(tiny(tmp_path, "--tensorboard", "--epochs", "21"), G, draw)
    train(tiny(tmp_path, "--tensorboard", "--epochs", "28", "--resume"), G, draw)
    read = accumulator.EventAccumulator(str(tmp_path), {"scalars": 0, "images": 0, "histograms": 0})
    read.Reload()
    with open(tmp_path / files.LOSSES) as file:
        rows = list(csv.DictReader(file))
    for name in ("loss_G", "grad_G"):
        events = read.Scalars(f"training/{name}")
        assert [each.step for each in events] == [int(row["step"]) for row in rows]
        ours = [float(row[name]) for row in rows]
        assert [each.value for each in events] == pytest.approx(ours, rel=1e-6)
    assert [each.value for each in read.Scalars("scores/quality")] == [0.25, 7.0]
    pictures = read.Images("pictures/samples")
    names = ("samples_000.png", "samples_027.png")
    assert [each.encoded_image_string for each in pictures] == [
        (tmp_path / name).read_bytes() for name in names
    ]
    (last,) = read.Histograms("weights/G.weight")[-1:]
    assert last.histogram_value.num == 16
    values = G.weight.array if isinstance(G.weight.array, np.ndarray) else G.weight.array.get()
    assert last.histogram_value.sum == pytest.approx(float(values.sum()), rel=1e-5)
    assert sum(last.histogram_value.bucket) == 16
