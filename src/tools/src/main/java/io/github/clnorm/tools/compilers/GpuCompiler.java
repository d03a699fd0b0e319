package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.nio.file.Path;

/** Compiles kernels for the targets of one maker. Thread-safe. */
interface GpuCompiler {

    /**
     * Compiles a kernel.
     *
     * @param folder an empty folder for its files
     * @param build the kernel
     * @param target of this compiler's maker
     * @return the machine code, or messages
     * @throws IOException if the compiler cannot be run
     */
    Compiled compile(Path folder, KernelBuild build, Target target) throws IOException;
}
