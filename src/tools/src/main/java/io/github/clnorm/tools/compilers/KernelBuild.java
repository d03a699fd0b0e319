package io.github.clnorm.tools.compilers;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel with the options that it is built with. Immutable and thread-safe.
 *
 * @param kernel the kernel's name
 * @param source its file, with includes expanded
 * @param options of the OpenCL compiler
 */
record KernelBuild(String kernel, String source, String options) {

    private static final Set<String> MERGES = Set.of("moments_of_sets", "gradient_of_sets", "gradient_of_parameters");
    private static final Set<String> WRITERS = Set.of(
            "affine",
            "resident",
            "input_gradient",
            "gradient_resident",
            "gradient_registers",
            "gradient_tiles",
            "copy");
    private static final Set<String> IN_ONE_LOOP =
            Set.of("affine", "affine_columns", "input_gradient", "input_gradient_of_columns", "copy");
    // Without a loop over the elements of a tensor.
    private static final Set<String> SINGLE = Set.of(
            "nothing", "running", "modulated_parameters", "modulation_gradients", "modulated_parameter_gradients");
    private static final int AT_ONCE = 4;
    private static final int WIDEST_ACCESS = 16;
    private static final Pattern MACRO = Pattern.compile("-D(\\w+)=(\\S+)");

    /** The macros of the options. */
    Map<String, String> macros() {
        Map<String, String> macros = new TreeMap<>();
        Matcher matcher = MACRO.matcher(options);
        while (matcher.find()) {
            macros.put(matcher.group(1), matcher.group(2));
        }
        return macros;
    }

    private int number(String macro, int otherwise) {
        String value = macros().get(macro);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    int workGroupSize() {
        return number("WORK_GROUP_SIZE", 1);
    }

    int vectorWidth() {
        return number("VECTOR_WIDTH", 1);
    }

    boolean residual() {
        return number("RESIDUAL", 0) == 1;
    }

    boolean hasActivation() {
        return macros().containsKey("ACTIVATION");
    }

    /** The type of the elements, such as {@code float32}. */
    String storage() {
        return macros().getOrDefault("STORAGE", "FLOAT32").toLowerCase(Locale.ROOT);
    }

    /** Whether it reads x and dy. */
    boolean readsTwoTensors() {
        return (kernel.startsWith("gradient") || kernel.startsWith("input_gradient"))
                && !isMerge()
                && number("NEEDS_X", 1) == 1;
    }

    /** Whether it writes y or dx. */
    boolean writesTensor() {
        return WRITERS.stream().anyMatch(kernel::startsWith);
    }

    /** Whether it stores results in the loop that loads the tensor. */
    boolean storesWhatItLoads() {
        return IN_ONE_LOOP.contains(kernel);
    }

    /** Whether its elements are narrower than moments and parameters. */
    boolean hasHalves() {
        return !isMerge() && storageBytes() < Float.BYTES;
    }

    /** Whether it reads sums or moments of blocks, which are of the type real, and no tensor. */
    boolean isMerge() {
        return MERGES.contains(kernel);
    }

    /** Bytes of an element of what it reads. */
    int elementBytes() {
        return isMerge() ? Math.max(Float.BYTES, storageBytes()) : storageBytes();
    }

    private int storageBytes() {
        return switch (storage()) {
            case "float16", "bfloat16" -> 2;
            case "float64" -> 8;
            default -> 4;
        };
    }

    int vectorBytes() {
        return vectorWidth() * elementBytes();
    }

    /** Vectors that it reads before it uses the first one. */
    int loadsAtOnce() {
        if (SINGLE.contains(kernel)) {
            return 0;
        }
        return hasActivation() || isMerge() ? 1 : AT_ONCE;
    }

    /** Bytes of the widest access that a vector can be moved in. */
    int accessBytes() {
        return Math.min(WIDEST_ACCESS, vectorBytes());
    }

    /** The macros beside the storage, as {@code 256 x 4, KEEP_SET}. */
    String variant() {
        StringBuilder text =
                new StringBuilder().append(workGroupSize()).append(" x ").append(vectorWidth());
        macros().forEach((macro, value) -> {
            switch (macro) {
                case "WORK_GROUP_SIZE", "VECTOR_WIDTH", "HAS_FMA", "STORAGE" -> {}
                default -> text.append(", ").append(value.equals("1") ? macro : macro + "=" + value);
            }
        });
        return text.toString();
    }

    @Override
    public String toString() {
        return kernel + " " + storage() + " " + variant();
    }
}
