package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** clang to PTX, and ptxas to machine code, whose registers it counts. */
final class NvidiaCompiler implements GpuCompiler {

    static final String PTXAS = "ptxas";

    private static final Pattern SPILLS =
            Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern USED = Pattern.compile("Used (\\d+) registers");
    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

    private static final int REGISTERS_OF_UNIT = 1 << 16;
    private static final String PTX = "kernels.ptx";

    private final boolean ptxas;

    /**
     * The compiler.
     *
     * @param ptxas whether ptxas is there; without it the kernels are compiled to PTX, and their registers are not known
     */
    NvidiaCompiler(boolean ptxas) {
        this.ptxas = ptxas;
    }

    @Override
    public Compiled compile(Path folder, KernelBuild build, Target target) throws IOException {
        ToolRun clang = Clang.assembly(
                folder,
                build,
                Clang.NVIDIA_LIBRARY,
                PTX,
                List.of("--target=nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", target.toString()));
        List<String> messages = new ArrayList<>(Clang.messages(clang.output()));
        if (clang.failed()) {
            return Compiled.failed(messages);
        }
        Listing listing = PtxAssembly.read(Files.readString(folder.resolve(PTX)), build.kernel());
        if (!ptxas) {
            return new Compiled(Resources.UNKNOWN, listing, messages);
        }
        ToolRun run = assemble(folder, target);
        if (!run.failed()
                && build.workGroupSize()
                                * resources(run.output(), build.kernel()).registers()
                        > REGISTERS_OF_UNIT) {
            requireWorkGroup(folder.resolve(PTX), build);
            run = assemble(folder, target);
        }
        if (run.failed()) {
            return Compiled.failed(List.of(run.output().strip()));
        }
        messages.addAll(Clang.messages(run.output()));
        return new Compiled(resources(run.output(), build.kernel()), listing, messages);
    }

    private static ToolRun assemble(Path folder, Target target) throws IOException {
        return ToolRun.of(folder, Map.of(), List.of(PTXAS, "-v", "-arch=" + target, "-o", "kernels.cubin", PTX));
    }

    /** Tells ptxas the size of a work-group, which must fit. NVIDIA's OpenCL compiler does so, clang does not. */
    private static void requireWorkGroup(Path ptx, KernelBuild build) throws IOException {
        String entry = "(\\.entry " + build.kernel() + "\\([^)]*\\))";
        String size = "$1\n.reqntid " + build.workGroupSize() + ", 1, 1";
        Files.writeString(ptx, Files.readString(ptx).replaceFirst(entry, size));
    }

    /** What ptxas says of a kernel. */
    static Resources resources(String output, String kernel) {
        int start = output.indexOf("Compiling entry function '" + kernel + "'");
        if (start < 0) {
            throw new IllegalArgumentException("ptxas says nothing of the kernel " + kernel);
        }
        int end = output.indexOf("Compiling entry function", start + 1);
        String about = output.substring(start, end < 0 ? output.length() : end);
        Matcher spills = SPILLS.matcher(about);
        Matcher used = USED.matcher(about);
        Matcher shared = SHARED.matcher(about);
        if (!spills.find() || !used.find()) {
            throw new IllegalArgumentException("ptxas does not say what the kernel " + kernel + " uses: " + about);
        }
        return new Resources(
                Integer.parseInt(used.group(1)),
                Integer.parseInt(spills.group(1)),
                Integer.parseInt(spills.group(2)) + Integer.parseInt(spills.group(3)),
                0,
                shared.find() ? Integer.parseInt(shared.group(1)) : 0,
                0);
    }
}
