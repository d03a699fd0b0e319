package io.github.clnorm.tools.compilers;

/**
 * What a kernel takes of a GPU.
 *
 * @param registers of a work-item; 0 if unknown: VGPRs of AMD, 32-bit registers of NVIDIA, 32-byte registers of a thread of Intel
 * @param scratchBytes memory of a work-item that stands in for registers or for arrays
 * @param spills registers or bytes that were spilled; scalar registers of AMD count as well
 * @param localBytes local memory that the kernel declares
 * @param simd work-items of a wave; 0 where the target has one size
 * @param waves the most waves of a unit whose registers fit
 */
record Resources(int registers, int scratchBytes, int spills, long localBytes, int simd, long waves) {

    /** Of a kernel that no assembler has seen. Breaks no rule. */
    static Resources unknown(Target target) {
        return new Resources(0, 0, 0, 0, 0, target.waves());
    }
}
