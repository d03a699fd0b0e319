package io.github.clnorm.tools.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.tools.comparison.SavedDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The time of a survey, with a clock that only stages advance. */
class StagesTest {

    private static final long SECOND = 1_000_000_000;
    private static final PrivateText NOTHING_PRIVATE = new PrivateText(PrivateFolders.of(List.of()), List.of());

    @TempDir
    private Path folder;

    private final FakeClock clock = new FakeClock(0);
    private final List<String> log = new ArrayList<>();
    private boolean interrupted;
    private TimeBudget budget;
    private SurveyDocument document;
    private Stages stages;

    @BeforeEach
    void tenSeconds() throws IOException {
        budget = new TimeBudget(clock, 10 * SECOND, () -> interrupted);
        document = new SurveyDocument(10 / 60.0, NOTHING_PRIVATE);
        stages = new Stages(document, budget, log::add);
    }

    private Stage taking(long seconds) {
        return stop -> {
            clock.taking(seconds * SECOND).run();
            return Stage.Outcome.OK;
        };
    }

    private JsonNode stage(int index) {
        return document.copy().get("stages").get(index);
    }

    @Test
    void aStageStopsAtItsShareAndTheOthersRun() {
        List<Long> steps = new ArrayList<>();
        stages.run("long", 0.3, stop -> {
            while (!stop.getAsBoolean()) {
                clock.taking(SECOND).run();
                steps.add(clock.now());
            }
            return Stage.Outcome.cutShort("3 of 9");
        });
        assertEquals(3, steps.size());
        assertEquals(SurveyDocument.Ending.OK, stages.run("next", 0.8, taking(1)));
        assertEquals("cut short", stage(0).get("status").asText());
        assertEquals(3.0, stage(0).get("seconds").asDouble());
        assertEquals(1.0, stage(1).get("seconds").asDouble());
        assertFalse(stages.failed());
    }

    @Test
    void aStageWhoseTimeIsOverDoesNotBegin() {
        stages.run("slow", 0.5, taking(7));
        assertEquals(SurveyDocument.Ending.CUT_SHORT, stages.run("late", 0.6, stop -> {
            throw new AssertionError("it has no time");
        }));
        assertEquals("no time was left", stage(1).get("reason").asText());
        assertEquals(SurveyDocument.Ending.OK, stages.run("last", 0.9, taking(1)));
    }

    @Test
    void anInterruptedSurveyRunsNoFurtherStage() {
        interrupted = true;
        stages.run("late", 1, stop -> {
            throw new AssertionError("it is interrupted");
        });
        assertEquals("interrupted before it began", stage(0).get("reason").asText());
        document.finish();
        assertEquals(
                "late: interrupted before it began",
                document.copy().get("missing").get(0).asText());
        assertFalse(document.copy().get("complete").asBoolean());
    }

    @Test
    void aStageThatFailsBecauseItIsInterruptedIsCutShort() {
        stages.run("child", 1, stop -> {
            interrupted = true;
            throw new IllegalStateException("the child was killed");
        });
        assertEquals("cut short", stage(0).get("status").asText());
        assertFalse(stages.failed());
    }

    @Test
    void theFailureOfAStageDoesNotLoseTheOthers() throws IOException {
        SurveyFile file = SurveyFile.named(folder.resolve("s.json").toString());
        stages.keepIn(file);
        stages.run("one", 1, stop -> {
            document.put("doctor", SurveyDocument.object().put("working_devices", 1));
            return Stage.Outcome.OK;
        });
        List<Throwable> failures = List.of(
                new IllegalStateException("lost\nthe device"),
                new IOException("disk"),
                new UnsatisfiedLinkError("library"),
                new OutOfMemoryError("heap"));
        for (Throwable failure : failures) {
            stages.run("broken", 1, stop -> {
                if (failure instanceof IOException e) {
                    throw e;
                }
                if (failure instanceof RuntimeException e) {
                    throw e;
                }
                throw (Error) failure;
            });
        }
        stages.run("two", 1, taking(1));
        assertTrue(stages.failed());
        assertEquals("lost the device", stage(1).get("reason").asText());
        JsonNode kept = SavedDocument.read(folder.resolve("s.json"));
        assertEquals(6, kept.get("stages").size());
        assertEquals(1, kept.get("doctor").get("working_devices").asInt());
        assertFalse(kept.get("complete").asBoolean(), "it has not ended");
        assertEquals(1, kept.get("missing").size());
    }

    @Test
    void noDeviceEndsTheSurveyAndIsInTheDocument() {
        assertThrows(
                NoDeviceException.class,
                () -> stages.run("device", 1, stop -> {
                    throw new NoDeviceException("no OpenCL device was found", List.of());
                }));
        assertEquals("error", stage(0).get("status").asText());
    }

    @Test
    void aFullDiskDoesNotEndTheSurvey() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        stages.keepIn(SurveyFile.named(inner.resolve("s.json").toString()));
        Files.delete(inner);
        assertEquals(SurveyDocument.Ending.OK, stages.run("one", 1, taking(1)));
        assertTrue(log.get(0).contains("s.json"), log.toString());
        assertThrows(IOException.class, stages::require);
    }

    @Test
    void aStageThatDoesNotReturnIsNamedInWhatWasKept() {
        stages.run("one", 1, taking(1));
        stages.run("late", 0.05, taking(1));
        ObjectNode kept = document.copy();
        stages.run("stuck", 1, stop -> {
            SurveyDocument.expire(kept, stages.running());
            return Stage.Outcome.OK;
        });
        assertEquals("late: no time was left", kept.get("missing").get(0).asText());
        assertTrue(kept.get("missing").get(1).asText().startsWith("stuck: a call of the driver did not return"));
        assertEquals(2, kept.get("missing").size());
        assertFalse(kept.get("complete").asBoolean());
    }

    @Test
    void aSurveyWithAllStagesIsComplete() {
        stages.run("one", 1, taking(1));
        document.finish();
        assertTrue(document.copy().get("complete").asBoolean());
        assertEquals(0, document.copy().get("missing").size());
        assertThrows(IllegalArgumentException.class, () -> document.put("other", SurveyDocument.object()));
    }
}
