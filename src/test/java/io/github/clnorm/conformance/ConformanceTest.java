package io.github.clnorm.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.type.ElementType;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** The table that {@code clnorm verify} prints, on every device here. */
@Tag("device")
class ConformanceTest {

    @OnEveryDevice
    void everyCasePasses(Backend backend) {
        Report report = Conformance.run(backend, (done, all, name) -> {});
        assertEquals(List.of(), report.failures(), backend.device().description());
        assertTrue(report.passed());
        // The table is not empty: every operation has its rows, and every row its cases.
        for (Operation operation : Operation.values()) {
            for (ElementType type : ElementType.values()) {
                Row row = report.rows().stream()
                        .filter(r -> r.operation().equals(operation.toString()) && r.type() == type)
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no row for " + operation + " " + type));
                boolean has = type != ElementType.FLOAT64 || backend.device().fp64();
                assertEquals(has ? Row.Status.PASSED : Row.Status.UNSUPPORTED, row.status(), row.toString());
                assertEquals(row.cases(), row.passed(), row.toString());
                assertTrue(!has || row.cases() > 0 && row.largestError() <= row.bound(), row.toString());
            }
        }
        assertTrue(report.cases() >= 330, report.cases() + " cases");
    }
}
