package io.github.clnorm.tools.compilers;

import java.util.Arrays;

/**
 * A GPU that the kernels are compiled for, and what decides how many of its work-items are resident at a time.
 *
 * <p>A unit is what a work-group runs on: a CU, a WGP, an SM, a subslice.
 */
enum Target {
    /** MI200: CDNA 2. */
    GFX90A("gfx90a", Maker.AMD, 64, 4 * 8, 64, 32),
    /** MI300: CDNA 3. */
    GFX942("gfx942", Maker.AMD, 64, 4 * 8, 64, 32),
    /** RX 6000: RDNA 2. */
    GFX1030("gfx1030", Maker.AMD, 32, 4 * 16, 128, 32),
    /** RX 7000: RDNA 3. */
    GFX1100("gfx1100", Maker.AMD, 32, 4 * 16, 128, 32),
    /** T4: Turing. */
    SM_75("sm_75", Maker.NVIDIA, 32, 32, 64, 16),
    /** A100: Ampere. */
    SM_80("sm_80", Maker.NVIDIA, 32, 64, 163, 32),
    /** H200: Hopper. */
    SM_90("sm_90", Maker.NVIDIA, 32, 64, 227, 32),
    /** Arc A770: Alchemist. */
    ACM_G10("acm-g10", Maker.INTEL, 0, 16 * 8, 128, 32),
    /** Iris Xe and UHD 770: Xe-LP. */
    TGLLP("tgllp", Maker.INTEL, 0, 16 * 7, 128, 32);

    /** Who makes GPUs, and with it the compiler. */
    enum Maker {
        AMD,
        NVIDIA,
        INTEL
    }

    private static final int SIMDS = 4;

    private final String word;
    private final Maker maker;
    private final int wave;
    private final int waves;
    private final int localKib;
    private final int groups;

    /**
     * A target.
     *
     * @param word its name for the compiler
     * @param wave work-items of a wave; 0 where the compiler chooses
     * @param waves most waves of a unit
     * @param localKib local memory of a unit
     * @param groups most work-groups of a unit
     */
    Target(String word, Maker maker, int wave, int waves, int localKib, int groups) {
        this.word = word;
        this.maker = maker;
        this.wave = wave;
        this.waves = waves;
        this.localKib = localKib;
        this.groups = groups;
    }

    Maker maker() {
        return maker;
    }

    /** Whether AMD's counter of outstanding loads counts stores as well. */
    boolean countsStores() {
        return this == GFX90A || this == GFX942;
    }

    /**
     * How full a unit is.
     *
     * @param workGroup work-items of a work-group
     * @param simd work-items of a wave by the compiler's choice; 0 where the target has one size
     * @param wavesByRegisters the most waves of a unit whose registers fit
     * @param localBytes local memory of a work-group
     * @return the share of the unit's waves that are resident, 0 to 1
     */
    double occupancy(int workGroup, int simd, long wavesByRegisters, long localBytes) {
        int width = wave == 0 ? Math.max(1, simd) : wave;
        long perGroup = Math.max(1, (workGroup + width - 1L) / width);
        long most = Math.min(waves, wavesByRegisters) / perGroup;
        if (localBytes > 0) {
            most = Math.min(most, (localKib << 10) / localBytes);
        }
        return Math.min(most, groups) * perGroup / (double) waves;
    }

    /** Waves of a unit, from those of one of its SIMDs. */
    static long wavesOfSimds(long wavesOfSimd) {
        return SIMDS * wavesOfSimd;
    }

    /** Most waves of a unit. */
    int waves() {
        return waves;
    }

    /** Its name for the compiler. */
    @Override
    public String toString() {
        return word;
    }

    static Target parse(String name) {
        for (Target target : values()) {
            if (target.word.equals(name)) {
                return target;
            }
        }
        throw new IllegalArgumentException("unknown target '" + name + "': expected some of "
                + String.join(
                        ", ", Arrays.stream(values()).map(Target::toString).toList()));
    }
}
