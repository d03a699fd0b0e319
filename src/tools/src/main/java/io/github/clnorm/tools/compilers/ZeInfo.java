package io.github.clnorm.tools.compilers;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the section .ze_info of Intel's binaries, which describes the kernels. Thread-safe. */
final class ZeInfo {

    private static final Pattern KERNEL = Pattern.compile("\n  - name: +(\\S+)");
    private static final Pattern MEMORY = Pattern.compile(
            "- +type: +(\\w+)\\s+usage: +(\\w+)\\s+size: +(\\d+)(?:\\s+slot: +\\d+)?(\\s+is_simt_thread: +true)?");
    // A register of a thread, which its work-items share.
    private static final int GRF_BYTES = 32;

    private ZeInfo() {}

    /** The resources of a kernel. */
    static Resources resources(String text, String kernel) {
        String about = about(text, kernel);
        int simd = number(about, "simd_size");
        int scratch = 0;
        int spills = 0;
        Matcher memory = MEMORY.matcher(about);
        while (memory.find()) {
            // Of a work-item, or of a thread, which has `simd` of them.
            int sharers = memory.group(4) == null ? Math.max(1, simd) : 1;
            int ofItem = Integer.parseInt(memory.group(3)) / sharers;
            if (memory.group(2).equals("spill_fill_space")) {
                spills += ofItem;
            }
            scratch += ofItem;
        }
        int bytes = number(about, "grf_count") * GRF_BYTES / Math.max(1, simd);
        return new Resources(bytes / Integer.BYTES, scratch, spills, 0, number(about, "slm_size"), simd);
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
