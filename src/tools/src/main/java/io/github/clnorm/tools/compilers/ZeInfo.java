package io.github.clnorm.tools.compilers;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the section .ze_info of Intel's binaries, which describes the kernels. Thread-safe. */
final class ZeInfo {

    private static final Pattern KERNEL = Pattern.compile("\n  - name: +(\\S+)");
    private static final Pattern MEMORY =
            Pattern.compile("- +type: +(\\w+)\\s+usage: +(\\w+)\\s+size: +(\\d+)(?:\\s+slot: +\\d+)?");
    private static final int SMALL_GRF = 128;

    private ZeInfo() {}

    /** The resources of a kernel. */
    static Resources resources(String text, String kernel, Target target) {
        String about = about(text, kernel);
        int simd = number(about, "simd_size");
        int scratch = 0;
        int spills = 0;
        Matcher memory = MEMORY.matcher(about);
        while (memory.find()) {
            // The size is that of a thread.
            int bytes = Integer.parseInt(memory.group(3)) / Math.max(1, simd);
            if (memory.group(2).equals("spill_fill_space")) {
                spills += bytes;
            }
            scratch += bytes;
        }
        int grf = number(about, "grf_count");
        return new Resources(
                grf,
                scratch,
                spills,
                number(about, "slm_size"),
                simd,
                grf > SMALL_GRF ? target.waves() / 2 : target.waves());
    }

    private static String about(String text, String kernel) {
        int kernels = text.indexOf("\nkernels:");
        Matcher names = KERNEL.matcher(text);
        for (int at = Math.max(0, kernels); names.find(at); at = names.end()) {
            if (names.group(1).equals(kernel)) {
                int start = names.end();
                int end = names.find(start) ? names.start() : text.length();
                return text.substring(start, end);
            }
        }
        throw new IllegalArgumentException(".ze_info has no kernel " + kernel);
    }

    private static int number(String about, String name) {
        Matcher matcher = Pattern.compile("\\b" + name + ": +(\\d+)").matcher(about);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }
}
