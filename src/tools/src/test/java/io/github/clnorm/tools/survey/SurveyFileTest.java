package io.github.clnorm.tools.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.tools.comparison.SavedDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file is a whole document at any time. */
class SurveyFileTest {

    private static final ObjectNode FIRST =
            SurveyDocument.object().put("kind", "survey").put("number", 1);
    private static final ObjectNode SECOND =
            SurveyDocument.object().put("kind", "survey").put("number", 2);

    @TempDir
    private Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void twoSurveysOfOneDayHaveTwoFiles() throws IOException {
        SurveyFile one = SurveyFile.in(folder, "s");
        SurveyFile two = SurveyFile.in(folder, "s");
        one.keep(FIRST);
        two.keep(SECOND);
        assertEquals(List.of("s-2.json", "s.json"), names());
        assertEquals(
                1, SavedDocument.read(folder.resolve("s.json")).get("number").asInt());
        assertEquals(2, SavedDocument.read(two.written()).get("number").asInt());
    }

    @Test
    void aNamedFileIsReplacedAndTheFirstToFinishWins() throws IOException {
        Path target = Files.writeString(folder.resolve("s.json"), "old");
        SurveyFile file = SurveyFile.named(target.toString());
        assertEquals("old", Files.readString(target), "until there is something better");
        file.keep(FIRST);
        assertEquals(FIRST, SavedDocument.read(target));
        assertEquals(FIRST, file.last());
        assertTrue(file.finish(SECOND));
        assertFalse(file.finish(FIRST));
        file.keep(FIRST);
        assertEquals(SECOND, SavedDocument.read(target));
        assertEquals(List.of("s.json"), names());
    }

    @Test
    void aFileThatCannotBeMadeIsRefusedBeforeTheSurvey() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> SurveyFile.named(folder.resolve("no/s.json").toString()));
        assertTrue(e.getMessage().contains("no such folder"), e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> SurveyFile.named(folder.toString()));
        assertThrows(IllegalArgumentException.class, () -> SurveyFile.in(folder.resolve("no"), "s"));
    }

    @Test
    void aLargeDocumentIsCompressed() throws IOException {
        ObjectNode large = FIRST.deepCopy();
        ArrayNode rows = large.putArray("rows");
        for (int i = 0; i < 100_000; i++) {
            rows.addObject().put("reason", "a reason that is long enough for the test " + i);
        }
        SurveyFile file = SurveyFile.in(folder, "s");
        file.keep(FIRST);
        file.finish(large);
        assertEquals(List.of("s.json.gz"), names());
        assertEquals(large, SavedDocument.read(file.written()));
        SurveyFile.named(folder.resolve("t.json.gz").toString()).finish(FIRST);
        assertEquals(FIRST, SavedDocument.read(folder.resolve("t.json.gz")));
        assertEquals(0x1f, Files.readAllBytes(folder.resolve("t.json.gz"))[0]);
    }

    @Test
    void aDeviceFileGetsTheFinishedDocumentAlone() throws IOException {
        SurveyFile file = SurveyFile.named("/dev/full");
        file.keep(FIRST);
        IOException e = assertThrows(IOException.class, () -> file.finish(FIRST));
        assertTrue(e.getMessage().startsWith("/dev/full: cannot be written"), e.getMessage());
    }

    @Test
    void theNameHasTheDeviceAndTheDay() {
        Instant day = Instant.parse("2026-11-30T23:59:59Z");
        assertEquals("clnorm-survey-nvidia-h200-20261130", FileStem.of("NVIDIA H200", day));
        assertEquals(
                "clnorm-survey-intel-arc-a770-graphics-20261130", FileStem.of("Intel(R) Arc(TM) A770 Graphics", day));
        assertEquals("clnorm-survey-gfx90a-sramecc-xnack-20261130", FileStem.of("gfx90a:sramecc+:xnack-", day));
        assertTrue(FileStem.of("x".repeat(300) + "/../", day).length() < 70);
    }
}
