package io.github.clnorm.tools.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.NormSpec;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.ElementType;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The table that {@code clnorm verify} prints, on the devices of the suite. */
@Tag("slow")
@Tag("device")
class ConformanceTest {

    // 30 calls that libtorch refuses, of which clnorm accepts one, and 4 that only clnorm refuses.
    private static final int REFUSALS = 33;
    private static final int REFUSED_GRADIENTS = 6;

    @OnEveryDevice
    void everyCasePasses(Backend backend) {
        ConformanceReport report = Conformance.run(backend, "", (done, all, name) -> {});
        assertEquals(
                "",
                report.failures().stream().map(Failure::toString).collect(Collectors.joining("\n")),
                backend.device().description());
        assertTrue(report.passed());
        for (ConformanceRow row : report.rows()) {
            boolean there =
                    row.type() != ElementType.FLOAT64 || backend.device().fp64();
            assertEquals(
                    there ? ConformanceRow.Status.PASSED : ConformanceRow.Status.UNSUPPORTED,
                    row.status(),
                    row.toString());
            assertEquals(row.cases(), row.passed(), row.toString());
            assertEquals(there, row.cases() > 0, row.toString());
        }
        assertEquals(List.of(REFUSALS + REFUSED_GRADIENTS), cases(report, PyTorchCases.REFUSALS));
        for (NormSpec.Kind operation : NormSpec.Kind.values()) {
            assertEquals(
                    ReferenceCases.TYPES.size(),
                    cases(report, operation.toString()).size());
            assertEquals(
                    ReferenceCases.TYPES.size(),
                    cases(report, ConformanceRow.backward(operation)).size());
        }
    }

    private static List<Integer> cases(ConformanceReport report, String operation) {
        return report.rows().stream()
                .filter(row -> row.operation().equals(operation))
                .map(ConformanceRow::cases)
                .toList();
    }

    @Test
    void everyCaseOfPyTorchIsInTheTable() {
        Cases cases = new Cases();
        new PyTorchCases(cases).add();
        assertEquals(
                225,
                cases.all().stream().filter(c -> !c.row().endsWith("backward")).count());
        // 148 calls, and the modules of which no step is refused.
        assertEquals(
                148 + 40,
                cases.all().stream().filter(c -> c.row().endsWith("backward")).count());
        assertEquals(
                REFUSALS,
                cases.all().stream()
                        .filter(c -> c.row().equals(PyTorchCases.REFUSALS))
                        .count());
    }

    @Test
    void everyDifferenceFromLibtorchIsStillOne() {
        List<String> names = new PyTorchData()
                .cases().stream().map(PyTorchData.Entry::toString).toList();
        assertEquals(15, names.stream().filter(PyTorchDifferences::inOtherWords).count());
        assertEquals(4, names.stream().filter(PyTorchDifferences::refuses).count());
        assertEquals(1, names.stream().filter(PyTorchDifferences::accepts).count());
    }

    @Test
    void aDriverThatFailsOnceFailsOneCase() {
        FaultyOpenCl faulty =
                new FaultyOpenCl(JoclOpenCl.open(TestDevices.first().device(), false));
        try (Backend backend =
                new Backend(new Session(faulty.port(), TestDevices.first().device()))) {
            faulty.fail("enqueue", 3);
            ConformanceReport report = Conformance.run(backend, "rms_norm", (done, all, name) -> {});
            assertEquals(1, report.failures().size(), report.failures().toString());
            Failure failure = report.failures().get(0);
            assertEquals(-1, failure.index());
            assertTrue(failure.toString().contains("a device that fails on demand"), failure.toString());
            assertEquals(1, failure.toString().lines().count());
            ConformanceRow row = report.rows().get(0);
            assertEquals(ConformanceRow.Status.FAILED, row.status());
            assertEquals(row.cases() - 1, row.passed());
        }
    }
}
