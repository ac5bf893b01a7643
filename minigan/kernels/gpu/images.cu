// A batch out of a data set that lies on the device as bytes: picked, mirrored, scaled, laid out.
//
//     batch[n, h, w, c] = (images[indices[n], c, h, w] / 255 - mean[c]) / std[c]
//
// images (…, C, H, W) are the bytes as they are kept; the batch (N, H, W, C) is channels-last.
// Where mirrored[n] (it may be null), columns are taken from right to left. One thread makes one
// number; neighbours write neighbouring addresses, and the bytes that they read are few.
extern "C" __global__ void gather_images(const unsigned char* images, const long long* indices,
                                         const bool* mirrored, const float* mean, const float* std,
                                         float* batch, int count, int channels, int height,
                                         int width) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    int c = i % channels, w = i / channels % width;
    int h = i / channels / width % height, n = i / channels / width / height;
    if (n >= count) return;
    int from = mirrored && mirrored[n] ? width - 1 - w : w;
    unsigned char byte = images[((indices[n] * channels + c) * height + h) * width + from];
    batch[i] = (byte / 255.0f - mean[c]) / std[c];
}
