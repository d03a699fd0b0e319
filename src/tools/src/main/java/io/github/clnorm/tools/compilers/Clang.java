package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Calls clang with the OpenCL library that Mesa's driver brings. Thread-safe. */
final class Clang {

    static final String COMMAND = "clang-19";

    static final Path AMD_LIBRARY = Path.of("/usr/lib/clc/amdgcn--amdhsa.bc");
    static final Path NVIDIA_LIBRARY = Path.of("/usr/lib/clc/nvptx64--nvidiacl.bc");

    private static final Pattern MESSAGE = Pattern.compile("\\b(error|warning)\\s*:");

    private Clang() {}

    /**
     * Compiles to assembly.
     *
     * @param folder for the files
     * @param build the kernel
     * @param library libclc's bitcode
     * @param output the name of the assembly
     * @param options of the target
     * @return the run
     */
    static ToolRun assembly(Path folder, KernelBuild build, Path library, String output, List<String> options)
            throws IOException {
        Files.writeString(folder.resolve("kernels.cl"), build.source());
        List<String> command = new ArrayList<>(List.of(
                COMMAND,
                "-x",
                "cl",
                "-O3",
                "-Xclang",
                "-finclude-default-header",
                "-Xclang",
                "-fdeclare-opencl-builtins",
                "-nogpulib",
                "-Xclang",
                "-mlink-builtin-bitcode",
                "-Xclang",
                library.toString(),
                // The bitcode names the same machine by another triple.
                "-Wno-linker-warnings"));
        command.addAll(options);
        command.addAll(List.of(build.options().split(" ")));
        command.addAll(List.of("-S", "-o", output, "kernels.cl"));
        return ToolRun.of(folder, Map.of("LC_ALL", "C"), command);
    }

    /** The lines with errors and warnings, of clang and of ptxas. */
    static List<String> messages(String output) {
        return output.lines().filter(line -> MESSAGE.matcher(line).find()).toList();
    }
}
