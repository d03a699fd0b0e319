package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** clang for AMD's GPUs. */
final class AmdCompiler implements GpuCompiler {

    private static final Pattern REMARK = Pattern.compile("remark:\\s+([A-Za-z ]+?)(?: \\[[^\\]]*\\])?: (\\S+)");

    @Override
    public Compiled compile(Path folder, KernelBuild build, Target target) throws IOException {
        ToolRun run = Clang.assembly(
                folder,
                build,
                Clang.AMD_LIBRARY,
                "kernels.s",
                List.of("--target=amdgcn-amd-amdhsa", "-mcpu=" + target, "-Rpass-analysis=kernel-resource-usage"));
        List<String> messages = Clang.messages(run.output());
        if (run.failed()) {
            return Compiled.failed(messages);
        }
        Listing listing = AmdAssembly.read(Files.readString(folder.resolve("kernels.s")), build.kernel(), target);
        return new Compiled(resources(run.output(), build.kernel()), listing, messages);
    }

    /** The remarks on a kernel. */
    static Resources resources(String remarks, String kernel) {
        Map<String, String> found = new HashMap<>();
        boolean inside = false;
        for (String line : remarks.split("\n")) {
            Matcher remark = REMARK.matcher(line);
            if (remark.find()) {
                if (remark.group(1).equals("Function Name")) {
                    inside = remark.group(2).equals(kernel);
                } else if (inside) {
                    found.put(remark.group(1), remark.group(2));
                }
            }
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no remarks on the kernel " + kernel);
        }
        return new Resources(
                number(found, "VGPRs") + Integer.parseInt(found.getOrDefault("AGPRs", "0")),
                number(found, "ScratchSize"),
                number(found, "VGPRs Spill"),
                number(found, "SGPRs Spill"),
                number(found, "LDS Size"),
                0);
    }

    private static int number(Map<String, String> found, String name) {
        return Integer.parseInt(found.get(name));
    }
}
