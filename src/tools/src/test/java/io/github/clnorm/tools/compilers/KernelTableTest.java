package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelTableTest {

    private static final Instruction LOAD = Instruction.access(Kind.LOAD, 16);
    private static final Instruction STORE = Instruction.access(Kind.STORE, 16);

    /** A loop that loads {@code loads} vectors, and then stores one. */
    private static KernelFacts facts(String macros, int loads, int registers) {
        Listing listing = new Listing();
        listing.label("loop");
        for (int i = 0; i < loads; i++) {
            listing.add(LOAD);
        }
        listing.add(STORE.waiting(Instruction.Wait.ALL));
        listing.add(Instruction.branch(Kind.BRANCH, "loop"));
        listing.add(Instruction.of(Kind.END));
        Resources resources = new Resources(registers, 0, 0, 0, 64, 0);
        return KernelFacts.of(
                RuleTest.planned(RuleTest.build("affine", macros)), new Compiled(resources, listing, List.of()));
    }

    private static final List<KernelFacts> TWO = List.of(facts("", 4, 40), facts("-DSTATISTICS=MERGED", 2, 48));

    private static String[] row(String table, int number) {
        return table.lines().toList().get(number).split(" {2,}");
    }

    @Test
    void aRowHasTheWorstFiguresOfAllVariants() {
        String table = KernelTable.worst(TWO);
        assertEquals(2, table.lines().count());
        assertEquals(
                List.of(
                        "affine",
                        "float32",
                        "gfx90a",
                        "2 variants",
                        "48",
                        "0",
                        "0",
                        "0",
                        "64",
                        "63 %",
                        "0",
                        "2",
                        "2x16",
                        "1x16",
                        "0.5",
                        "1.5"),
                List.of(row(table, 1)));
    }

    @Test
    void everyVariantHasARowOfItsOwn() {
        String table = KernelTable.each(TWO);
        assertEquals(3, table.lines().count());
        assertEquals("256 x 4", row(table, 1)[3]);
        assertEquals("256 x 4, STATISTICS=MERGED", row(table, 2)[3]);
    }

    @Test
    void accessesAreCountedByWidth() {
        assertEquals("-", KernelTable.accesses(Map.of()));
        assertEquals("3x4", KernelTable.accesses(Map.of(4, 3)));
    }

    @Test
    void theJsonHasFiguresAndViolations() throws Exception {
        List<Violation> violations =
                TWO.stream().flatMap(facts -> Violation.of(facts).stream()).toList();
        JsonNode root = new ObjectMapper().readTree(KernelJson.text(TWO, violations));
        JsonNode first = root.get("results").get(0);
        assertEquals("affine", first.get("kernel").asText());
        assertEquals(40, first.get("registers").asInt());
        assertEquals(4, first.get("read").get("loads").get("16").asInt());
        assertEquals(4, first.get("read").get("loads_in_flight").asDouble());
        assertEquals(0.75, first.get("occupancy").asDouble());
        List<String> rules = root.get("violations").findValuesAsText("rule");
        assertTrue(rules.contains("LOADS") && rules.contains("OCCUPANCY"), rules.toString());
    }
}
