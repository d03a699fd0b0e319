package io.github.clnorm.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The kernel files of the {@code opencl} folder, with their includes put in place. */
final class KernelSource {

    private static final String FOLDER = "/io/github/clnorm/opencl/";
    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"([a-z_]+\\.cl)\"$");

    private KernelSource() {}

    /** The text of a kernel file; every file is included at its first mention only. */
    static String of(String file) {
        return expand(file, new HashSet<>());
    }

    private static String expand(String file, Set<String> seen) {
        if (!seen.add(file)) {
            return "";
        }
        Matcher include = INCLUDE.matcher(read(file));
        StringBuilder text = new StringBuilder();
        while (include.find()) {
            include.appendReplacement(text, Matcher.quoteReplacement(expand(include.group(1), seen)));
        }
        return include.appendTail(text).toString();
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
