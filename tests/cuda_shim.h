// Enough of CUDA to run a kernel on the CPU and see whether its arithmetic is right.
//
// Blocks run one after the other. The threads of a block are fibers of one CPU thread: each runs
// until its next __syncthreads(), then the next one has its turn, in the order of their numbers or
// (`backwards`) against it. A kernel that needs a barrier and lacks it gives other results in one
// of the two orders. Kernels without a barrier need no fibers and run as a plain loop.
//
// What this cannot show: speed, and races between blocks or within a warp.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include <ucontext.h>

#define __global__
#define __device__
#define __shared__ static  // one block runs at a time
#define __launch_bounds__(...)

struct Dim3 {
    unsigned x, y, z;
};
inline Dim3 threadIdx, blockIdx, blockDim, gridDim;

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline unsigned __float_as_uint(float x) {
    unsigned bits;
    memcpy(&bits, &x, sizeof x);
    return bits;
}
inline float __uint_as_float(unsigned bits) {
    float x;
    memcpy(&x, &bits, sizeof bits);
    return x;
}
inline uint64_t __umul64hi(uint64_t a, uint64_t b) { return (unsigned __int128)a * b >> 64; }

// Threads of a block take turns, so that nothing can come between reading and writing.
template <typename T>
T atomicAdd(T* place, T value) {
    T before = *place;
    *place += value;
    return before;
}

namespace shim {

struct Fiber {
    Dim3 index;
    bool done = false;
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(1 << 16);
};

inline ucontext_t turns;  // where a fiber goes when its turn is over
inline Fiber* running = nullptr;
inline const std::function<void()>* thread;

inline void run_fiber() {
    (*thread)();
    running->done = true;
}

// Runs one block with barriers; false when some threads end while others wait for them.
inline bool run_block(std::vector<Fiber>& fibers) {
    for (Fiber& fiber : fibers) {
        fiber.done = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack = {.ss_sp = fiber.stack.data(), .ss_size = fiber.stack.size()};
        fiber.context.uc_link = &turns;
        makecontext(&fiber.context, run_fiber, 0);
    }
    for (size_t done = 0; done < fibers.size();) {
        if (done) return false;
        for (Fiber& fiber : fibers) {
            running = &fiber;
            threadIdx = fiber.index;
            swapcontext(&turns, &fiber.context);
            done += fiber.done;
        }
    }
    return true;
}

template <typename... Parameters, size_t... I>
int launch(void (*kernel)(Parameters...), void** arguments, std::index_sequence<I...>,
           bool barriers, bool backwards) {
    std::function<void()> body = [=] { kernel(*static_cast<Parameters*>(arguments[I])...); };
    thread = &body;
    std::vector<Dim3> indices;
    for (unsigned z = 0; z < blockDim.z; ++z)
        for (unsigned y = 0; y < blockDim.y; ++y)
            for (unsigned x = 0; x < blockDim.x; ++x) indices.push_back({x, y, z});
    if (backwards) indices = {indices.rbegin(), indices.rend()};
    std::vector<Fiber> fibers(barriers ? indices.size() : 0);
    for (size_t i = 0; i < fibers.size(); ++i) fibers[i].index = indices[i];
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x)
                if (barriers) {
                    if (!run_block(fibers)) return 1;
                } else {
                    for (Dim3 index : indices) threadIdx = index, body();
                }
    return 0;
}

}  // namespace shim

inline void __syncthreads() { swapcontext(&shim::running->context, &shim::turns); }

// What Python calls: as cuLaunchKernel, `arguments` points to the bytes of each argument.
#define KERNEL_ON_CPU(name)                                                                  \
    extern "C" int run_##name(Dim3 grid, Dim3 block, void** arguments, bool barriers,        \
                              bool backwards) {                                              \
        gridDim = grid, blockDim = block;                                                    \
        return [&]<typename... P>(void (*kernel)(P...)) {                                    \
            return shim::launch(kernel, arguments, std::index_sequence_for<P...>{}, barriers, \
                                backwards);                                                  \
        }(name);                                                                             \
    }
