"""Games with autoencoders: adversarial (AAE), energy-based (EBGAN), boundary equilibrium (BEGAN)."""

import itertools

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

side, latent, count = 6, 5, 48


class Blobs(Dataset):
    """Bright squares at random places."""

    def __init__(self, transform=None):
        self.images = np.zeros((count, side, side), dtype=np.float32)
        for image in self.images:
            y, x = np.random.randint(0, side - 2, 2)
            image[y : y + 2, x : x + 2] = 1.0
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = torch.from_numpy(self.images[index]).unsqueeze(0)
        if self.transform:
            image = self.transform(image)
        return image, index % 3


loader = DataLoader(Blobs(lambda x: x * 2 - 1), batch_size=16, shuffle=True, drop_last=True)


def weights_init_normal(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        torch.nn.init.normal_(m.weight.data, 0.0, 0.2)
        torch.nn.init.constant_(m.bias.data, 0.0)
    elif classname.find("BatchNorm") != -1:
        torch.nn.init.normal_(m.weight.data, 1.0, 0.02)
        torch.nn.init.zeros_(m.bias)


class Encoder(nn.Module):
    def __init__(self):
        super(Encoder, self).__init__()
        self.model = nn.Sequential(
            nn.Linear(side**2, 24), nn.BatchNorm1d(24), nn.LeakyReLU(0.2, inplace=True)
        )
        self.mu, self.logvar = nn.Linear(24, latent), nn.Linear(24, latent)

    def forward(self, img):
        x = self.model(img.view(img.shape[0], -1))
        return self.reparameterize(self.mu(x), self.logvar(x))

    def reparameterize(self, mu, logvar):
        std = torch.exp(logvar / 2)
        sampled_z = torch.Tensor(np.random.normal(0, 1, (mu.size(0), latent)))
        return sampled_z * std + mu


class Decoder(nn.Module):
    def __init__(self):
        super(Decoder, self).__init__()
        self.model = nn.Sequential(
            nn.Linear(latent, 24), nn.LeakyReLU(0.2), nn.Linear(24, side**2), nn.Tanh()
        )

    def forward(self, z):
        img_flat = self.model(z)
        return img_flat.view(img_flat.shape[0], 1, side, side)


history = []
encoder, decoder = Encoder(), Decoder()
latent_critic = nn.Sequential(
    nn.Linear(latent, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1), nn.Sigmoid()
)
for net in (encoder, decoder, latent_critic):
    net.apply(weights_init_normal)
adversarial_loss, pixelwise_loss = nn.BCELoss(), nn.L1Loss()
optimizer_G = torch.optim.Adam(itertools.chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
optimizer_D = torch.optim.Adam(latent_critic.parameters(), lr=1e-3)
for real, _ in loader:
    valid, fake = torch.ones(real.shape[0], 1), torch.zeros(real.shape[0], 1)
    optimizer_G.zero_grad()
    encoded = encoder(real)
    g_loss = 0.001 * adversarial_loss(latent_critic(encoded), valid) + 0.999 * pixelwise_loss(
        decoder(encoded), real
    )
    g_loss.backward()
    optimizer_G.step()
    optimizer_D.zero_grad()
    z = torch.Tensor(np.random.normal(0, 1, (real.shape[0], latent)))
    real_loss = adversarial_loss(latent_critic(z), valid)
    fake_loss = adversarial_loss(latent_critic(encoded.detach()), fake)
    d_loss = 0.5 * (real_loss + fake_loss)
    d_loss.backward()
    optimizer_D.step()
    history += [g_loss.item(), d_loss.item()]


class AutoencoderD(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Linear(side**2, 8)
        self.fc = nn.Sequential(
            nn.BatchNorm1d(8, 0.8), nn.ReLU(inplace=True), nn.Linear(8, side**2)
        )

    def forward(self, img):
        embedding = self.embedding(img.view(img.size(0), -1))
        return self.fc(embedding).view(img.size()), embedding


def pullaway_loss(embeddings):
    norm = torch.sqrt(torch.sum(embeddings**2, -1, keepdim=True))
    normalized = embeddings / norm
    similarity = torch.matmul(normalized, normalized.transpose(1, 0))
    n = embeddings.size(0)
    return (torch.sum(similarity) - n) / (n * (n - 1))


D, mse, margin = AutoencoderD(), nn.MSELoss(), max(1, 16 / 64.0)
gamma, lambda_k, k = 0.75, 0.05, 0.0
for kind in ("energy", "equilibrium"):
    opt_G = torch.optim.Adam(decoder.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    for real, _ in loader:
        opt_G.zero_grad()
        gen = decoder(torch.randn(real.size(0), latent))
        recon, embeddings = D(gen)
        if kind == "energy":
            g_loss = mse(recon, gen.detach()) + 0.1 * pullaway_loss(embeddings)
        else:
            g_loss = torch.mean(torch.abs(recon - gen))
        g_loss.backward()
        opt_G.step()

        opt_D.zero_grad()
        loss_real = (
            mse(D(real)[0], real) if kind == "energy" else torch.mean(torch.abs(D(real)[0] - real))
        )
        fake = gen.detach()
        loss_fake = (
            mse(D(fake)[0], fake) if kind == "energy" else torch.mean(torch.abs(D(fake)[0] - fake))
        )
        if kind == "energy":
            d_loss = loss_real
            if (margin - loss_fake.data).item() > 0:
                d_loss += margin - loss_fake
        else:
            d_loss = loss_real - k * loss_fake
        d_loss.backward()
        opt_D.step()
        if kind == "equilibrium":
            diff = torch.mean(gamma * loss_real - loss_fake)
            k = min(max(k + lambda_k * diff.item(), 0), 1)
            M = (loss_real + torch.abs(diff)).item()
            history += [M, k]
        history += [g_loss.item(), d_loss.item()]
