package io.github.clnorm.tools.tutorial;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parameters of a kernel, read from its source, so that arguments are set by name. */
final class Signature {

    private static final Pattern COMMENT = Pattern.compile("//[^\n]*");
    private static final Pattern PARAMETER =
            Pattern.compile("(__global)?\\s*(const)?\\s*(uint|float)\\s*\\*?\\s*(\\w+)");

    /**
     * A parameter.
     *
     * @param name as in the source
     * @param buffer whether it is a pointer to global memory; else a uint or a float
     * @param written whether the kernel may write to it
     */
    record Parameter(String name, boolean buffer, boolean written) {}

    private Signature() {}

    /**
     * The parameters of a kernel in their order.
     *
     * @param source of the file
     * @param kernel the kernel's name
     * @throws IllegalArgumentException when there is no such kernel, or one of its parameters is not understood
     */
    static List<Parameter> of(String source, String kernel) {
        Matcher matcher = Pattern.compile("__kernel[^;{]*\\b" + kernel + "\\(([^)]*)\\)")
                .matcher(COMMENT.matcher(source).replaceAll(""));
        if (!matcher.find()) {
            throw new IllegalArgumentException("no kernel " + kernel + " in the source");
        }
        List<Parameter> parameters = new ArrayList<>();
        for (String text : matcher.group(1).split(",")) {
            Matcher parameter = PARAMETER.matcher(text.strip());
            if (!parameter.matches()) {
                throw new IllegalArgumentException("a parameter of " + kernel + " is not understood: " + text.strip());
            }
            boolean buffer = parameter.group(1) != null;
            parameters.add(new Parameter(parameter.group(4), buffer, buffer && parameter.group(2) == null));
        }
        return parameters;
    }
}
