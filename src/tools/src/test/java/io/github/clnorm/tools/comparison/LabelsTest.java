package io.github.clnorm.tools.comparison;

import static io.github.clnorm.tools.testing.SavedRuns.device;
import static io.github.clnorm.tools.testing.SavedRuns.run;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pthread-skylake-avx512-Intel(R) Xeon(R) Processor @ 2.50GHz | Intel Xeon @ 2.50GHz",
                "cpu-znver4-AMD EPYC 9B14 | AMD EPYC 9B14",
                "NVIDIA H200 | NVIDIA H200",
                "llvmpipe (LLVM 15.0.6, 512 bits) | llvmpipe (LLVM 15.0.6)",
                "Intel(R) Arc(TM) A770 Graphics | Intel Arc A770 Graphics",
            })
    void namesAreShort(String name, String label) {
        assertEquals(label, Labels.shortened(name));
    }

    @Test
    void noNameIsEmptyOrEndless() {
        assertEquals("a device without a name", Labels.shortened(" \n"));
        assertEquals("x".repeat(39) + "…", Labels.shortened("x".repeat(400)));
        assertEquals("two lines", Labels.shortened("two\r\nlines"));
    }

    @Test
    void asMuchAsTellsThemApart() {
        assertEquals(
                List.of("H200", "CPU · PoCL", "CPU · Intel OpenCL"),
                labels(run(
                        "a.json",
                        device("H200"),
                        device("CPU", "Portable Computing Language"),
                        device("CPU", "Intel(R) OpenCL"))));
        assertEquals(
                List.of("H200 · a", "H200 · b"), labels(run("a.json", device("H200")), run("b.json", device("H200"))));
        assertEquals(
                List.of("H200", "H200 (2)", "H200 (3)"),
                labels(run("a.json", device("H200"), device("H200"), device("H200"))));
    }

    private static List<String> labels(SavedRun... runs) {
        return Comparison.of(List.of(runs)).columns().stream()
                .map(Column::label)
                .toList();
    }
}
