package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Machine code of the kernel {@code copy} of bandwidth.cl, work-groups of 256 with vectors of four, by the compilers. */
final class Snippets {

    private Snippets() {}

    static String text(String name) {
        try (InputStream in = Snippets.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The kernel's only loop that moves vectors. */
    static PathFacts mainLoop(Listing listing, int iterations, int vectorBytes) {
        ControlFlow flow = new ControlFlow(listing);
        return flow.loops().stream()
                .map(loop -> PathFacts.of(HotPath.of(flow, loop, vectorBytes), true, iterations, vectorBytes))
                .reduce((a, b) -> a.loadBytes() >= b.loadBytes() ? a : b)
                .orElseThrow();
    }

    /** A kernel of these lines, with the given accesses instead of text. */
    static Listing listing(Object... labelsAndInstructions) {
        Listing listing = new Listing();
        for (Object each : List.of(labelsAndInstructions)) {
            if (each instanceof String label) {
                listing.label(label);
            } else {
                listing.add((Instruction) each);
            }
        }
        return listing;
    }
}
