// Adds what the threads of a block have found, always in the same order, so that results repeat bit for bit. Every thread of
// the block must call, and every one gets the result. Blocks have a multiple of 32 threads.

#define MOST_WARPS 32

static __device__ float blockSum(float value) {
    __shared__ float warps[MOST_WARPS];
    for (int offset = 16; offset > 0; offset /= 2) {
        value += __shfl_xor_sync(0xffffffff, value, offset);
    }
    __syncthreads(); // somebody may still read what a call before this one left
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = value;
    }
    __syncthreads();
    value = 0;
    for (int warp = 0; warp < blockDim.x / 32; warp++) {
        value += warps[warp];
    }
    return value;
}
