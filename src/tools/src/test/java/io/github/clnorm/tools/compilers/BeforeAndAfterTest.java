package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class BeforeAndAfterTest {

    private static String tables(String before, String after) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        return new BeforeAndAfter(mapper.readTree(before), mapper.readTree(after)).text();
    }

    private static String document(String kernel, int registers, String rule) {
        return """
                {"results": [
                    {"target": "sm_90", "kernel": "%s", "storage": "float32", "registers": %d, "scratch_bytes": 0,
                     "scalar_spills": 0, "barriers": 2, "occupancy": 0.66,
                     "read": {"loads_in_flight": 4.0, "loads": {"16": 4}}, "instructions_per_read": 2.5,
                     "write": {"stores": {}}, "instructions_per_write": null},
                    {"target": "sm_90", "kernel": "copy", "storage": "float16", "registers": 9}],
                 "violations": [{"rule": "%s", "target": "sm_90"}]}
                """
                .formatted(kernel, registers, rule);
    }

    private static List<String> rows(String tables, String name) {
        return tables.lines()
                .filter(line -> line.startsWith("| `" + name + "`"))
                .toList();
    }

    @Test
    void figuresThatDifferAreGivenTwice() throws Exception {
        String tables = tables(document("affine", 64, "LOADS"), document("affine", 52, "SCRATCH"));
        assertEquals(
                List.of("| `affine` | 64 → 52 | 0 | 0 | 66 % | 2 | 4 | 4 × 16 | – | 2.5 | – |"),
                rows(tables, "affine"));
        assertEquals(List.of(), rows(tables, "copy"), "of another type");
        assertEquals(List.of("| `LOADS` | 1 → 0 |"), rows(tables, "LOADS"));
        assertEquals(List.of("| `SCRATCH` | 0 → 1 |"), rows(tables, "SCRATCH"));
        assertEquals(List.of("| `BUILD` | 0 |"), rows(tables, "BUILD"));
    }

    @Test
    void kernelsOfOneRunOnlyHaveRowsToo() throws Exception {
        String tables = tables(document("affine", 64, "LOADS"), document("resident", 52, "LOADS"));
        assertTrue(rows(tables, "affine").get(0).startsWith("| `affine` | 64 → – |"), tables);
        assertTrue(rows(tables, "resident").get(0).startsWith("| `resident` | – → 52 |"), tables);
    }
}
