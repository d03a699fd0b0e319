package io.github.clnorm.tools.errors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.tools.conformance.PromisedBounds;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The worst sets that {@code bench/error-search} found: their errors are within the promised bound. */
@Tag("slow")
class WorstErrorsTest {

    private static final List<Found> WORST = read();

    private static List<Found> read() {
        try (InputStream file = WorstErrorsTest.class.getResourceAsStream("worst-errors.json")) {
            return FoundJson.parse(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @OnEveryDevice
    void theWorstSetsAreWithinTheBound(Backend backend) {
        double bound = PromisedBounds.forward(ElementType.FLOAT32);
        for (Found found : WORST) {
            try (Evaluation evaluation = new Evaluation(backend, found.scenario())) {
                for (SetError error :
                        evaluation.errors(found.input(found.scenario().sets()))) {
                    String what = found.scenario() + " on " + backend.device().description();
                    assertTrue(error.inDomain(), what);
                    assertTrue(error.promised() <= bound, what + ": " + error);
                }
            }
        }
    }

    @Test
    void thereAreTenOfAllOperations() {
        assertEquals(10, WORST.size());
        assertEquals(
                5,
                WORST.stream()
                        .map(found -> found.scenario().operation())
                        .distinct()
                        .count());
        assertEquals(
                8,
                WORST.stream().map(found -> found.scenario().group()).distinct().count());
    }

    @Test
    void theFileIsWhatIsWritten() throws IOException {
        assertEquals(FoundJson.text(WORST), FoundJson.text(FoundJson.parse(FoundJson.text(WORST))));
    }
}
