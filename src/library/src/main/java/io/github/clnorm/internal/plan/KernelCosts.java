package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.model.LaunchDemand.Chain;
import io.github.clnorm.type.Activation;

/**
 * What the kernels cost on a GPU. Registers are those of scalars and of vectors of four: what clang 19 assigns for gfx90a and
 * gfx1100, the larger of the two, and what ptxas assigns for sm_90, with room for a few more loads in flight. Other compilers
 * are taken to be like clang. Instructions are estimates from the listings.
 */
enum KernelCosts {
    AFFINE("affine", 45, 88, 52, 72, 6),
    AFFINE_COLUMNS("affine_columns", 33, 68, 40, 56, 6),
    MOMENTS_OF_BLOCKS("moments_of_blocks", 42, 72, 40, 64, 6),
    MOMENTS_OF_COLUMNS("moments_of_columns", 36, 72, 56, 104, 6),
    MOMENTS_OF_SETS("moments_of_sets", 68, 100, 40, 56, 0),
    RESIDENT("resident", 118, 156, 56, 80, 12),
    RESIDENT_REGISTERS("resident_registers", 98, 200, 80, 156, 12),
    RESIDENT_COLUMNS("resident_columns", 72, 116, 64, 104, 12),
    GRADIENT_SUMS("gradient_sums", 32, 72, 40, 56, 8),
    INPUT_GRADIENT("input_gradient", 32, 70, 36, 56, 10),
    GRADIENT_SUMS_OF_COLUMNS("gradient_sums_of_columns", 36, 60, 32, 56, 8),
    INPUT_GRADIENT_OF_COLUMNS("input_gradient_of_columns", 32, 60, 32, 56, 10),
    GRADIENT_OF_SETS("gradient_of_sets", 52, 82, 32, 64, 0),
    GRADIENT_OF_PARAMETERS("gradient_of_parameters", 52, 86, 32, 64, 0),
    GRADIENT_RESIDENT("gradient_resident", 66, 104, 44, 72, 18),
    GRADIENT_REGISTERS("gradient_registers", 136, 372, 116, 372, 18),
    GRADIENT_TILES("gradient_tiles", 88, 164, 64, 96, 20);

    /** Loads that a work-item has in flight. */
    static final int LOADS = 4;

    /** Barriers of the fold of a block's sums over a team, or of a merge's sums. */
    static final int FOLD_BARRIERS = 5;

    /** Instructions of a work-item for a block, besides those for its elements. */
    static final int OF_BLOCK = 200;

    /** Elements of a block that a work-item holds in registers with {@link SecondRead#REGISTERS}. */
    static final int HELD_IN_REGISTERS = 16;

    // Times 64 blocks whose loads are in flight together.
    private static final int MERGED_AT_ONCE = 4;
    private static final int OF_MERGE = 300;
    // For each lane of a work-item and 64 blocks.
    private static final int OF_MERGE_STEP = 75;
    private static final int OF_SUMS_STEP = 30;
    // Halves are converted when they are loaded and stored.
    private static final double OF_CONVERSION = 3;
    private static final double OF_SILU = 48;
    private static final double OF_GELU = 90;
    private static final double OF_DOUBLE = 2;
    // Numbers take two registers, addresses and counters do not take more.
    private static final double REGISTERS_OF_DOUBLE = 1.875;
    // clang for AMD's GPUs unpacks vectors of halves to registers of their own.
    private static final int REGISTERS_OF_HALVES = 12;
    // Vectors of elements that do not lie at their multiples are loaded and stored one by one on NVIDIA's GPUs.
    private static final double OF_MISALIGNED = 2;

    private final String kernel;
    private final int scalar;
    private final int ofFour;
    private final int scalarOnNvidia;
    private final int ofFourOnNvidia;
    private final double perElement;

    KernelCosts(String kernel, int scalar, int ofFour, int scalarOnNvidia, int ofFourOnNvidia, double perElement) {
        this.kernel = kernel;
        this.scalar = scalar;
        this.ofFour = ofFour;
        this.scalarOnNvidia = scalarOnNvidia;
        this.ofFourOnNvidia = ofFourOnNvidia;
        this.perElement = perElement;
    }

    String kernel() {
        return kernel;
    }

    /** 32-bit registers of a work-item. */
    int registers(int vectorWidth, Problem problem, boolean nvidia) {
        int one = nvidia ? scalarOnNvidia : scalar;
        int four = nvidia ? ofFourOnNvidia : ofFour;
        int wide = one + (four - one) * (vectorWidth - 1) / 3;
        if (problem.real().bytes() > Float.BYTES) {
            return (int) Math.ceil(wide * REGISTERS_OF_DOUBLE);
        }
        return problem.type().bytes() < Float.BYTES && vectorWidth > 1 && !nvidia ? wide + REGISTERS_OF_HALVES : wide;
    }

    /** Instructions for an element. */
    double perElement(Plan plan, Problem problem) {
        double of = perElement;
        of += problem.type().bytes() < Float.BYTES ? OF_CONVERSION : 0;
        of += problem.residual() ? 1 : 0;
        of += writes() ? ofActivation(problem) : 0;
        of += aligned(plan, problem) ? 0 : OF_MISALIGNED;
        return of * (problem.real().bytes() > Float.BYTES ? OF_DOUBLE : 1);
    }

    private boolean writes() {
        return this != MOMENTS_OF_BLOCKS && this != MOMENTS_OF_COLUMNS;
    }

    private static double ofActivation(Problem problem) {
        return switch (problem.activation()) {
            case NONE -> 0;
            case SILU, GELU_TANH -> OF_SILU;
            case RELU, GELU -> OF_GELU;
        };
    }

    private static boolean aligned(Plan plan, Problem problem) {
        long width = problem.geometry().width();
        long run = problem.geometry().run();
        int vector = plan.vectorWidth();
        return vector == 1 || width % vector == 0 && (run == 1 || run % vector == 0);
    }

    /** Loads in flight: an activation needs the registers. */
    static int loads(Problem problem) {
        return problem.activation() == Activation.NONE ? LOADS : 1;
    }

    /** The merge of the moments of {@code blocks} blocks by a team. */
    static Chain mergeOfMoments(long blocks, int team, int width, boolean local) {
        return blocks == 1 ? NOTHING : merge(blocks, team, width, local, 2, OF_MERGE_STEP);
    }

    /** The merge of two sums of {@code blocks} blocks by a team. */
    static Chain mergeOfSums(long blocks, int team, int width, boolean local) {
        return merge(blocks, team, width, local, 1, OF_SUMS_STEP);
    }

    private static Chain merge(long blocks, int team, int width, boolean local, int passes, int perLane) {
        long steps = (blocks + Cut.LANES - 1) / Cut.LANES;
        double lanes = Math.max(1, (double) Cut.LANES / team);
        double instructions = OF_MERGE + steps * lanes * perLane;
        long loads = (steps + MERGED_AT_ONCE - 1) / MERGED_AT_ONCE;
        return new Chain(0, 0, local ? 0 : passes * loads, (passes + 1) * FOLD_BARRIERS, instructions);
    }

    static final Chain NOTHING = new Chain(0, 0, 0, 0, 0);
}
