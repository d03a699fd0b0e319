package io.github.clnorm.tools.compilers;

import java.util.Arrays;
import java.util.stream.Collectors;

/** A GPU architecture that the kernels are compiled for. */
enum Target {
    /** MI200: CDNA 2. */
    GFX90A("gfx90a", Maker.AMD),
    /** MI300: CDNA 3. */
    GFX942("gfx942", Maker.AMD),
    /** RX 6000: RDNA 2. */
    GFX1030("gfx1030", Maker.AMD),
    /** RX 7000: RDNA 3. */
    GFX1100("gfx1100", Maker.AMD),
    /** T4: Turing. */
    SM_75("sm_75", Maker.NVIDIA),
    /** A100: Ampere. */
    SM_80("sm_80", Maker.NVIDIA),
    /** H200: Hopper. */
    SM_90("sm_90", Maker.NVIDIA),
    /** Arc A770: Alchemist. */
    ACM_G10("acm-g10", Maker.INTEL),
    /** Iris Xe and UHD 770: Xe-LP. */
    TGLLP("tgllp", Maker.INTEL);

    /** Who makes GPUs, and with it the compiler. */
    enum Maker {
        AMD,
        NVIDIA,
        INTEL
    }

    private final String word;
    private final Maker maker;

    /** A target by its name for the compiler. */
    Target(String word, Maker maker) {
        this.word = word;
        this.maker = maker;
    }

    Maker maker() {
        return maker;
    }

    /** Whether AMD's counter of outstanding loads counts stores as well. */
    boolean countsStores() {
        return this == GFX90A || this == GFX942;
    }

    /** Its name for the compiler. */
    @Override
    public String toString() {
        return word;
    }

    static Target parse(String name) {
        return Arrays.stream(values())
                .filter(target -> target.word.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown target '" + name + "': expected some of "
                        + Arrays.stream(values()).map(Target::toString).collect(Collectors.joining(", "))));
    }
}
