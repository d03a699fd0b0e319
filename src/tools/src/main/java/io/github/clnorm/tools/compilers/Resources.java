package io.github.clnorm.tools.compilers;

/**
 * What a kernel takes of a GPU.
 *
 * @param registers 32-bit registers of a work-item; 0 if unknown
 * @param scratchBytes memory of a work-item that stands in for registers or for arrays
 * @param spills registers or bytes that were spilled to memory
 * @param scalarSpills scalar registers of AMD that were spilled to lanes of vector registers; to memory only where {@code
 *     scratchBytes} is not 0
 * @param localBytes local memory that the kernel declares
 * @param simd work-items of a wave; 0 where the target has one size
 */
record Resources(int registers, int scratchBytes, int spills, int scalarSpills, long localBytes, int simd) {

    /** Of a kernel that no assembler has seen. Breaks no rule. */
    static final Resources UNKNOWN = new Resources(0, 0, 0, 0, 0, 0);
}
