package io.github.clnorm.internal.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The kernel files of the {@code opencl} folder, with includes expanded. Read once per process. Thread-safe. */
public final class KernelSource {

    private static final String FOLDER = "/io/github/clnorm/opencl/";
    // No file begins with an include.
    private static final String INCLUDE = "\n#include \"";

    // The files that define kernels; all other files are included by these.
    static final List<String> FILES = List.of(
            "addition.cl",
            "affine.cl",
            "affine_columns.cl",
            "bandwidth.cl",
            "gradient.cl",
            "gradient_columns.cl",
            "gradient_merges.cl",
            "gradient_registers.cl",
            "gradient_resident.cl",
            "gradient_tiles.cl",
            "launch.cl",
            "modulation.cl",
            "moments.cl",
            "moments_of_columns.cl",
            "resident.cl",
            "resident_columns.cl",
            "resident_registers.cl",
            "running.cl",
            "smoke.cl");
    private static final int HASH_BYTES = 8;
    private static final Map<String, String> EXPANDED = new ConcurrentHashMap<>();

    private KernelSource() {}

    /**
     * A short hash of all kernels. Measured and tuned results store it, since other kernels may be faster or slower.
     *
     * @return 16 hexadecimal digits
     */
    public static String hash() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String file : FILES) {
                digest.update(of(file).getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The text of a kernel file; every include is expanded once, where it is first mentioned. */
    static String of(String file) {
        return EXPANDED.computeIfAbsent(file, of -> expand(of, new HashSet<>()));
    }

    private static String expand(String file, Set<String> seen) {
        if (!seen.add(file)) {
            return "";
        }
        // Not by a regular expression, which would take longer than the rest of a process's start.
        String text = read(file);
        StringBuilder expanded = new StringBuilder();
        int from = 0;
        for (int at = text.indexOf(INCLUDE); at >= 0; at = text.indexOf(INCLUDE, from)) {
            int name = at + INCLUDE.length();
            int end = text.indexOf("\"\n", name);
            expanded.append(text, from, at + 1).append(expand(text.substring(name, end), seen));
            from = end + 1;
        }
        return expanded.append(text, from, text.length()).toString();
    }

    private static String read(String file) {
        try (InputStream in = KernelSource.class.getResourceAsStream(FOLDER + file)) {
            if (in == null) {
                throw new IllegalStateException("the kernel file " + file + " is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
