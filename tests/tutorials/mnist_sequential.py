"""Two nn.Sequential, a device, ones and zeros as labels, checkpoints of both networks."""

import os

import torch
import torch.nn as nn
import torchvision
from torchvision import transforms
from torchvision.utils import save_image

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
latent_size, hidden_size, image_size = 16, 32, 28 * 28
num_epochs, batch_size = 2, 32
folder = "samples"
if not os.path.exists(folder):
    os.makedirs(folder)

to_unit_ball = transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize(mean=[0.5], std=[0.5])]
)
mnist = torchvision.datasets.MNIST(
    root="./data/", train=True, transform=to_unit_ball, download=True
)
data_loader = torch.utils.data.DataLoader(dataset=mnist, batch_size=batch_size, shuffle=True)

D = nn.Sequential(
    nn.Linear(image_size, hidden_size),
    nn.LeakyReLU(0.2),
    nn.Linear(hidden_size, hidden_size),
    nn.LeakyReLU(0.2),
    nn.Linear(hidden_size, 1),
    nn.Sigmoid(),
)
G = nn.Sequential(
    nn.Linear(latent_size, hidden_size),
    nn.ReLU(),
    nn.Linear(hidden_size, hidden_size),
    nn.ReLU(),
    nn.Linear(hidden_size, image_size),
    nn.Tanh(),
)
D, G = D.to(device), G.to(device)
criterion = nn.BCELoss()
opt_D = torch.optim.Adam(D.parameters(), lr=0.0002)
opt_G = torch.optim.Adam(G.parameters(), lr=0.0002)


def back_to_unit_range(x):
    return ((x + 1) / 2).clamp(0, 1)


def forget_gradients():
    opt_D.zero_grad()
    opt_G.zero_grad()


history = []
steps = len(data_loader)
for epoch in range(num_epochs):
    for i, (images, _) in enumerate(data_loader):
        images = images.reshape(images.size(0), -1).to(device)
        real_labels = torch.ones(images.size(0), 1).to(device)
        fake_labels = torch.zeros(images.size(0), 1).to(device)

        real_score = D(images)
        loss_real = criterion(real_score, real_labels)
        z = torch.randn(images.size(0), latent_size).to(device)
        fake_score = D(G(z))
        loss_D = loss_real + criterion(fake_score, fake_labels)
        forget_gradients()
        loss_D.backward()
        opt_D.step()

        z = torch.randn(images.size(0), latent_size).to(device)
        fake_images = G(z)
        loss_G = criterion(D(fake_images), real_labels)
        forget_gradients()
        loss_G.backward()
        opt_G.step()

        print(
            "Epoch [{}/{}], Step [{}/{}], D: {:.4f}, G: {:.4f}, D(x): {:.2f}, D(G(z)): {:.2f}".format(
                epoch,
                num_epochs,
                i + 1,
                steps,
                loss_D.item(),
                loss_G.item(),
                real_score.mean().item(),
                fake_score.mean().item(),
            )
        )
        history += [loss_D.item(), loss_G.item(), real_score.mean().item()]

    if epoch == 0:
        images = images.reshape(images.size(0), 1, 28, 28)
        save_image(back_to_unit_range(images), os.path.join(folder, "real.png"))
    fake_images = fake_images.reshape(fake_images.size(0), 1, 28, 28)
    save_image(back_to_unit_range(fake_images), os.path.join(folder, f"fake-{epoch + 1}.png"))

torch.save(G.state_dict(), "G.ckpt")
torch.save(D.state_dict(), "D.ckpt")

again = nn.Sequential(
    *[type(layer)(*sizes) for layer, sizes in zip(G, [(16, 32), (), (32, 32), (), (32, 784), ()])]
)
again.load_state_dict(torch.load("G.ckpt"))
again.eval()
with torch.no_grad():
    assert torch.equal(again(z), G(z))
