// Philox 4×32-10 (Salmon et al. 2011): the numbers that the CPU draws, each from its position alone, so any thread can draw
// any of them. Seed and offset lie on the device: a captured graph draws anew.

struct Words {
    uint32 word[4];
};

// The words of elements 4·block to 4·block + 3.
__device__ inline Words philox(const int64 *state, int64 block) {
    uint64 counter = (uint64)state[1] + (uint64)block;
    uint32 c0 = (uint32)counter, c1 = (uint32)(counter >> 32), c2 = 0, c3 = 0;
    uint32 key0 = (uint32)state[0], key1 = (uint32)((uint64)state[0] >> 32);
    for (int round = 0; round < 10; round++) {
        uint64 product0 = (uint64)0xD2511F53u * c0;
        uint64 product1 = (uint64)0xCD9E8D57u * c2;
        c0 = (uint32)(product1 >> 32) ^ c1 ^ key0;
        c1 = (uint32)product1;
        c2 = (uint32)(product0 >> 32) ^ c3 ^ key1;
        c3 = (uint32)product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    Words words = {{c0, c1, c2, c3}};
    return words;
}

__device__ inline float uniform(uint32 word) {
    return (word >> 8) * 5.9604644775390625e-8f; // 2^-24
}
