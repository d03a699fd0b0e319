package io.github.clnorm.tools.tutorial;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file of the tutorial. Immutable and thread-safe.
 *
 * @param file its name
 * @param transits the least reads and writes of a whole tensor that its task needs; GB/s counts them
 * @param team whether a work-group of a fixed size computes one unit; else each work-item computes one
 * @param launches its kernels in their order
 */
record Rung(String file, int transits, boolean team, List<Launch> launches) {

    /**
     * A kernel of a file.
     *
     * @param kernel its name
     * @param over the units that it is parallel over
     */
    record Launch(String kernel, Unit over) {}

    static final Rung COPY = of("0_copy.cl", 2, new Launch("copy", Unit.PIECES));

    /** All files, in their order. Files from 7 on read what earlier ones wrote to the workspace. */
    static final List<Rung> LADDER = List.of(
            COPY,
            of("1_naive.cl", 2, new Launch("group_norm", Unit.SETS)),
            of("2_two_pass.cl", 2, new Launch("group_norm", Unit.SETS)),
            of("3_lanes.cl", 2, new Launch("group_norm", Unit.SETS)),
            of("4_runs.cl", 2, new Launch("group_norm", Unit.SETS)),
            of("5_pivot.cl", 2, new Launch("group_norm", Unit.SETS)),
            of("6_split.cl", 1, new Launch("moments_of_blocks", Unit.BLOCKS)),
            of("7_merge.cl", 0, new Launch("moments_of_sets", Unit.SETS)),
            of("8_affine.cl", 2, new Launch("affine", Unit.PIECES)),
            new Rung("9_resident.cl", 2, true, List.of(new Launch("group_norm", Unit.SETS))),
            of("10_gradient_sums.cl", 2, new Launch("gradient_sums", Unit.PIECES)),
            of(
                    "11_input_gradient.cl",
                    3,
                    new Launch("gradient_of_sets", Unit.SUMS_OF_SETS),
                    new Launch("input_gradient", Unit.PIECES)),
            of("12_parameter_gradient.cl", 0, new Launch("gradient_of_parameters", Unit.PARAMETERS)));

    private static final Pattern GAIN = Pattern.compile("// \\d+: [^.]*\\. Gains ([^:.\n]*):");
    private static final int WIDEST = 16;
    private static final int NARROWEST = 4;
    private static final int LANES = 64;

    private static Rung of(String file, int transits, Launch... launches) {
        return new Rung(file, transits, false, List.of(launches));
    }

    /**
     * A file of the ladder.
     *
     * @param file its name
     * @return the rung
     */
    static Rung named(String file) {
        return LADDER.stream()
                .filter(rung -> rung.file.equals(file))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no file " + file + " in the tutorial"));
    }

    /**
     * The text of the file.
     *
     * @return OpenCL C
     */
    String source() {
        try (InputStream in = Rung.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the kernel file " + file + " is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What it gains over the file before it, in the words of its first line.
     *
     * @return a few words
     */
    String gain() {
        Matcher matcher = GAIN.matcher(source());
        if (!matcher.lookingAt()) {
            throw new IllegalStateException(file + " does not begin with '// NUMBER: name. Gains ...:'");
        }
        return matcher.group(1);
    }

    /**
     * Why it does not support a size.
     *
     * @param extent the size
     * @param workGroupLimit work-items of a work-group, at most
     * @return the reason, or null where there is none
     */
    String refusal(Extent extent, int workGroupLimit) {
        if (!team) {
            return null;
        }
        if (extent.setSize() > Extent.BLOCK) {
            return "needs sets of " + Extent.BLOCK + " elements or fewer";
        }
        if (extent.s() % NARROWEST != 0) {
            return "needs S to be a multiple of " + NARROWEST;
        }
        return workGroupLimit < LANES / width(extent, WIDEST)
                ? "needs work-groups of " + LANES / width(extent, WIDEST)
                : null;
    }

    /**
     * The widest vectors that a team can have.
     *
     * @param extent the size
     * @param most floats of a vector, at most
     * @return 16, 8 or 4
     */
    static int width(Extent extent, int most) {
        return Arrays.stream(new int[] {WIDEST, WIDEST / 2})
                .filter(width -> width <= most && extent.s() % width == 0)
                .findFirst()
                .orElse(NARROWEST);
    }

    /** Work-items of a team whose vectors have a width. */
    static int teamSize(int width) {
        return LANES / width;
    }
}
