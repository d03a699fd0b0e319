package io.github.clnorm.internal.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Java computes cuts, sizes of memory and iterations of loops with the constants of the kernels. */
class KernelConstantsTest {

    /** The values that a kernel file gives a macro, in their order. */
    private static List<String> definitions(String file, String macro) throws IOException {
        String text = Files.readString(Path.of("opencl", file));
        return Pattern.compile("(?m)^#define " + macro + " (.*)$")
                .matcher(text)
                .results()
                .map((MatchResult definition) -> definition.group(1))
                .toList();
    }

    private static void assertConstant(long java, String file, String macro) throws IOException {
        assertEquals(List.of(Long.toString(java)), definitions(file, macro), macro + " of " + file);
    }

    @Test
    void theOrderOfSummationIsTheSame() throws IOException {
        assertConstant(Cut.LANES, "lanes.cl", "LANES");
        assertConstant(Cut.BLOCK, "lanes.cl", "BLOCK");
        assertConstant(Columns.TILE_ROWS, "tiles.cl", "COLUMN_ROWS");
        assertConstant(KernelConstants.PIVOT_ROWS, "column_moments.cl", "PIVOT_ROWS");
        assertConstant(KernelConstants.END, "gradient_blocks.cl", "END");
    }

    @Test
    void aStripHasAsManyColumns() throws IOException {
        assertEquals(KernelConstants.STRIP_OF_A_TEAM, Cut.LANES);
        assertEquals(
                List.of("(" + KernelConstants.VECTORS_OF_ONE + " * VECTOR_WIDTH)", "LANES"),
                definitions("tiles.cl", "STRIP"));
    }

    @Test
    void loopsHaveAsManyIterations() throws IOException {
        assertConstant(KernelConstants.STRETCH / Cut.BLOCK, "sets.cl", "STRETCH_BLOCKS");
        assertEquals(List.of("" + KernelConstants.AT_ONCE, "1"), definitions("gradient_input.cl", "AT_ONCE"));
    }
}
