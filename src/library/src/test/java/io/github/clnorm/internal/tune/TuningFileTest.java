package io.github.clnorm.internal.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.testing.TestInfo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TuningFileTest {

    private static final Entry ENTRY =
            Entries.of(TestInfo.GPU, Entries.GROUPING, Plan.split(64, 4, 3).withNonTemporal(true));

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String file(String... entries) {
        return "{\"format\": 1, \"kind\": \"tuning\", \"entries\": [" + String.join(",", entries) + "]}";
    }

    @Test
    void whatIsWrittenIsRead() {
        TuningFile file = new TuningFile();
        file.add(ENTRY);
        file.add(Entries.of(
                TestInfo.with(TestInfo.GPU, "name", "A \"quoted\" name\\ü"), Entries.GROUPING, Plan.tiled(1, 16)));
        String text = new String(file.text(), StandardCharsets.UTF_8);
        TuningFile again = TuningFile.parse(file.text());
        assertEquals(List.copyOf(file.entries()).size(), again.entries().size());
        assertTrue(again.entries().containsAll(file.entries()), text);
        assertEquals(text, new String(again.text(), StandardCharsets.UTF_8));
        assertEquals(2, text.lines().filter(line -> line.contains("\"device\"")).count(), "a line each");
    }

    @Test
    void ofTheSameTheNewestStays() {
        Entry newer = Entries.withDate(Entries.withTimes(ENTRY, 50, 60), Entries.DATE.plusSeconds(1));
        TuningFile file = new TuningFile();
        assertTrue(file.add(ENTRY));
        assertFalse(file.add(ENTRY));
        assertTrue(file.add(newer));
        assertFalse(file.add(ENTRY));
        assertEquals(List.of(newer), List.copyOf(file.entries()));
        assertTrue(file.add(Entries.withDriver(ENTRY, "another")));
        assertTrue(file.add(Entries.withKernels(ENTRY, "another")));
        assertEquals(3, file.entries().size());
    }

    /** As another version may write them: they are kept and ignored. */
    @Test
    void entriesThatAreNotKnownAreKept() {
        String known = new String(fileOf(ENTRY), StandardCharsets.UTF_8);
        String strange = known.replace("\"split\"", "\"spiral\"");
        String future = known.replace("group_norm", "weight_norm");
        for (String text : List.of(strange, future, file("7"), file("{\"device\": [null, true, 1.5, {}]}"))) {
            TuningFile file = TuningFile.parse(bytes(text));
            assertEquals(0, file.entries().size(), text);
            assertEquals(1, file.unknown());
            file.add(ENTRY);
            TuningFile again = TuningFile.parse(file.text());
            assertEquals(1, again.unknown());
            assertEquals(List.of(ENTRY), List.copyOf(again.entries()));
            again.add(file);
            assertEquals(1, again.unknown(), "once");
        }
    }

    private static byte[] fileOf(Entry entry) {
        TuningFile file = new TuningFile();
        file.add(entry);
        return file.text();
    }

    @Test
    void plansMayLackParametersAndHaveOthers() {
        assertEquals(
                Plan.resident(1, 8),
                PlanParts.plan(Map.of("strategy", "resident", "vectorWidth", 8.0, "prefetched", true)));
        assertThrows(IllegalArgumentException.class, () -> PlanParts.plan(Map.of("vectorWidth", 8.0)));
        assertThrows(
                IllegalArgumentException.class,
                () -> PlanParts.plan(Map.of("strategy", "resident", "vectorWidth", 3.0)));
        assertThrows(
                IllegalArgumentException.class,
                () -> PlanParts.plan(Map.of("strategy", "resident", "vectorWidth", "8")));
        assertThrows(
                IllegalArgumentException.class,
                () -> PlanParts.plan(Map.of("strategy", "resident", "nonTemporal", 1.0)));
        for (Plan plan : List.of(
                Plan.split(8, 4, 7).withMergeLaunch(true),
                Plan.split(8, 4, 7).withTurns(3),
                Plan.resident(8, 4).withSecondRead(SecondRead.LOCAL),
                Plan.resident(64, 1).withSecondRead(SecondRead.REGISTERS),
                Plan.packed(256, 1, 2).withSecondRead(SecondRead.REGISTERS),
                Plan.residentAcross(8, 4, 7),
                Plan.packed(8, 4, 7).withParameterLaunch(true),
                Plan.tiled(8, 4).withNonTemporal(true))) {
            assertEquals(plan, PlanParts.plan(new LinkedHashMap<>(PlanParts.of(plan))));
        }
    }

    /** Lines that version 0.1.0 wrote: they mean the same plans, and are written as they were. */
    @Test
    void plansOfVersion010() {
        Map<String, Plan> plans = new LinkedHashMap<>();
        plans.put(ofVersion010("resident", 1, 16, 1, 1, false, false), Plan.resident(1, 16));
        plans.put(
                ofVersion010("resident", 256, 4, 1, 1, true, true),
                Plan.resident(256, 4).withSecondRead(SecondRead.LOCAL).withParameterLaunch(true));
        plans.put(ofVersion010("resident", 1, 8, 1, 32, false, false), Plan.residentAcross(1, 8, 32));
        plans.put(
                ofVersion010("packed", 1, 16, 1, 5, false, true),
                Plan.packed(1, 16, 5).withParameterLaunch(true));
        plans.put(
                ofVersion010("packed", 256, 4, 1, 1, true, false),
                Plan.packed(256, 4, 1).withSecondRead(SecondRead.LOCAL));
        plans.put(ofVersion010("split", 1, 16, 320, 1, false, false), Plan.split(1, 16, 320));
        plans.put(
                ofVersion010("split", 64, 4, 3, 1, false, true),
                Plan.split(64, 4, 3).withMergeLaunch(true));
        plans.put(ofVersion010("tiled", 1, 16, 1, 1, false, false), Plan.tiled(1, 16));
        plans.forEach((line, plan) -> {
            TuningFile file = TuningFile.parse(bytes(file(line)));
            assertEquals(List.of(plan), file.entries().stream().map(Entry::plan).toList(), line);
            assertTrue(new String(file.text(), StandardCharsets.UTF_8).lines().anyMatch(line::equals), line);
        });
    }

    /** The switch that version 0.1.0 does not know is written for the plans that have it, and for no other. */
    @Test
    void plansThatHoldSetsInRegisters() {
        Map<String, Object> parts = PlanParts.of(Plan.resident(64, 1).withSecondRead(SecondRead.REGISTERS));
        assertEquals(true, parts.get("registers"));
        assertEquals(false, parts.get("keepSet"));
        for (SecondRead from : List.of(SecondRead.GLOBAL, SecondRead.LOCAL)) {
            Map<String, Object> others = PlanParts.of(Plan.resident(64, 1).withSecondRead(from));
            assertEquals(from == SecondRead.LOCAL, others.get("keepSet"));
            assertFalse(others.containsKey("registers"));
        }
    }

    private static String ofVersion010(
            String strategy, int group, int width, int blocks, int sets, boolean keep, boolean merge) {
        String plan =
                "'strategy': '%s', 'workGroupSize': %d, 'vectorWidth': %d, 'blocksPerPart': %d, 'setsPerTeam': %d,"
                        + " 'keepSet': %b, 'mergeOnce': %b, 'nonTemporal': false";
        return ("{'device': 'pthread', 'platform': 'Portable Computing Language', 'driver': '3.1', 'compute_units': 2,"
                        + " 'kernels': '0123456789abcdef', 'operation': 'group_norm', 'direction': 'backward',"
                        + " 'layout': 'channels_first', 'dtype': 'float32', 'samples': 2, 'sets': 64, 'set_size': 40960,"
                        + " 'channels_per_set': 10, 'plan': {"
                        + plan.formatted(strategy, group, width, blocks, sets, keep, merge)
                        + "}, 'us': 100.5, 'heuristic_us': 200.25, 'date': '2026-03-01T12:00:00Z'}")
                .replace('\'', '"');
    }

    @Test
    void othersFilesAreRefused() {
        for (String text : List.of(
                "",
                "PK\3\4",
                "{",
                "[]",
                "{}",
                "null",
                file() + "x",
                file().replace("tuning", "bench"),
                file().replace("1", "2"),
                "{\"format\": 1, \"kind\": \"tuning\"}",
                "{\"format\": 1, \"kind\": \"tuning\", \"entries\": {}}")) {
            assertThrows(IllegalArgumentException.class, () -> TuningFile.parse(bytes(text)), text);
        }
    }

    /** Cut off and changed files: refused, or read with what is still there; nothing else happens. */
    @Test
    void damagedFiles() {
        byte[] whole = fileOf(ENTRY);
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = Arrays.copyOf(whole, i % 3 == 0 ? random.nextInt(whole.length) : whole.length);
            for (int changes = i % 4; changes > 0 && damaged.length > 0; changes--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
                TuningFile.parse(damaged).text();
            } catch (IllegalArgumentException e) {
                assertFalse(e.getMessage().isEmpty());
            }
        }
    }
}
