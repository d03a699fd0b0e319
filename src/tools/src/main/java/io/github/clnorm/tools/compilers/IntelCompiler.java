package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Intel's offline compiler, and its disassembler. */
final class IntelCompiler implements GpuCompiler {

    private final String command;
    private final Map<String, String> environment;

    /**
     * The compiler of the system, or one in a folder.
     *
     * @param root of the unpacked packages; null for the system's
     */
    IntelCompiler(Path root) {
        this.command = root == null ? "ocloc" : root.resolve("usr/bin/ocloc").toString();
        this.environment = root == null
                ? Map.of()
                : Map.of(
                        "LD_LIBRARY_PATH",
                        root.resolve("usr/lib/x86_64-linux-gnu").toString());
    }

    /** Whether it is there, with its libraries. */
    boolean runs() {
        return ToolRun.succeeds(environment, command, "--help");
    }

    String command() {
        return command;
    }

    @Override
    public Compiled compile(Path folder, KernelBuild build, Target target) throws IOException {
        Files.writeString(folder.resolve("kernels.cl"), build.source());
        ToolRun compile = ToolRun.of(
                folder,
                environment,
                List.of(
                        command,
                        "compile",
                        "-file",
                        "kernels.cl",
                        "-device",
                        target.toString(),
                        "--format",
                        "zebin",
                        "-out_dir",
                        "compiled",
                        "-output",
                        "kernels",
                        "-options",
                        build.options()));
        List<String> messages = compile.output()
                .lines()
                .filter(line -> !line.isBlank() && !line.equals("Build succeeded."))
                .toList();
        if (compile.failed()) {
            return Compiled.failed(messages);
        }
        Path dump = Files.createDirectory(folder.resolve("dump"));
        ToolRun.of(
                folder,
                environment,
                List.of(
                        command,
                        "disasm",
                        "-file",
                        binary(folder.resolve("compiled")).toString(),
                        "-device",
                        target.toString(),
                        "-dump",
                        "dump/"));
        Path assembly = dump.resolve(".text." + build.kernel() + ".asm");
        if (!Files.exists(assembly)) {
            throw new IOException(command + " disassembles nothing: libiga64.so is missing beside it");
        }
        return new Compiled(
                ZeInfo.resources(Files.readString(dump.resolve(".ze_info")), build.kernel()),
                IntelAssembly.read(Files.readString(assembly)),
                messages);
    }

    private static Path binary(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.bin")) {
            for (Path file : files) {
                return file;
            }
        }
        throw new IOException(folder + " has no binary");
    }
}
