// Philox 4x64-10: random words that are a hash of a counter, so that any of them can be made alone.
//
// Block b of a stream is four words: the number b + 1, put through ten rounds of multiplying and
// mixing under the key (seed, stream). There is no state to share: each thread hashes one block.
// These are the words of numpy.random.Philox, which also adds one before it hashes; it makes them in
// minigan/backend/plain.py.
//
// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

typedef unsigned long long u64;

__device__ void philox4x64_10(u64 word[4], u64 key0, u64 key1) {
    const u64 factor0 = 0xD2E7470EE14C6C93, factor1 = 0xCA5A826395121157;
    for (int round = 0; round < 10; ++round) {
        u64 low0 = factor0 * word[0], high0 = __umul64hi(factor0, word[0]);
        u64 low1 = factor1 * word[2], high1 = __umul64hi(factor1, word[2]);
        word[0] = high1 ^ word[1] ^ key0;
        word[1] = low1;
        word[2] = high0 ^ word[3] ^ key1;
        word[3] = low0;
        key0 += 0x9E3779B97F4A7C15;  // the digits of the golden ratio
        key1 += 0xBB67AE8584CAA73B;  // and of the square root of 3
    }
}

// words: 4 · blocks of them, those of the blocks offset … offset + blocks - 1; in a captured step, of
// blocks so far from *begin.
extern "C" __global__ void philox(u64* words, long long blocks, u64 seed, u64 stream, u64 offset,
                                  const u64* begin) {
    long long b = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (b >= blocks) return;
    if (begin) offset += *begin;
    u64 number = offset + b + 1;
    u64 word[4] = {number, number < offset, 0, 0};  // the second word takes the carry
    philox4x64_10(word, seed, stream);
    for (int i = 0; i < 4; ++i) words[4 * b + i] = word[i];
}

// numbers (2 · half): box_muller of minigan/backend/plain.py, from as many words of 32 bits.
extern "C" __global__ void box_muller(const unsigned* words, float* numbers, int half, float scale) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= half) return;
    float radius = sqrtf(logf(((words[i] >> 8) + 1.0f) * 0x1p-24f) * scale);
    float angle = (words[half + i] >> 8) * (6.28318530717958647692f * 0x1p-24f);
    numbers[i] = radius * cosf(angle);
    numbers[half + i] = radius * sinf(angle);
}
