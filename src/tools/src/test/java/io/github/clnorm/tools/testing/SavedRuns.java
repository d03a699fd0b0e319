package io.github.clnorm.tools.testing;

import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.tools.comparison.MeasuredPass;
import io.github.clnorm.tools.comparison.SavedDevice;
import io.github.clnorm.tools.comparison.SavedFigures;
import io.github.clnorm.tools.comparison.SavedRow;
import io.github.clnorm.tools.comparison.SavedRun;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Saved runs with made-up figures. */
public final class SavedRuns {

    public static final MeasuredPass FORWARD = pass("group_norm 2x320x64x64 G=32", Direction.FORWARD);
    public static final MeasuredPass BACKWARD = pass("group_norm 2x320x64x64 G=32", Direction.BACKWARD);
    public static final MeasuredPass ROWS = pass("layer_norm 4096x768", Direction.FORWARD);

    private static final long BYTES = 10_000_000;
    private static final double COPY = 1000;

    private SavedRuns() {}

    public static MeasuredPass pass(String workload, Direction direction) {
        return new MeasuredPass(
                workload, "float32", workload.startsWith("layer_norm") ? "" : "channels_first", direction);
    }

    public static SavedRun run(String source, SavedDevice... devices) {
        return run(source, "0.1.0", "1234", devices);
    }

    public static SavedRun run(String source, String version, String kernels, SavedDevice... devices) {
        return new SavedRun(
                source, version, kernels, "2026-11-21T10:00:00Z", false, Map.of("tune", "cached"), List.of(devices));
    }

    public static SavedDevice device(String name, SavedRow... rows) {
        return device(name, "NVIDIA CUDA", rows);
    }

    public static SavedDevice device(String name, String platform, SavedRow... rows) {
        Map<MeasuredPass, SavedRow> byPass = new LinkedHashMap<>();
        List.of(rows).forEach(row -> byPass.put(row.pass(), row));
        return new SavedDevice(
                name, platform, "1.0", Map.of("name", name, "platform", platform), Optional.empty(), "", byPass);
    }

    /** A row that took this many microseconds, ten percent up and down. */
    public static SavedRow row(MeasuredPass pass, double microseconds) {
        return row(pass, new Spread(microseconds, 0.9 * microseconds, 1.1 * microseconds, 100));
    }

    public static SavedRow row(MeasuredPass pass, Spread time) {
        double rate = pass.direction().transits() * BYTES / (time.median() * 1e3);
        double limit = 2 * BYTES / (COPY * 1e3);
        SavedFigures figures = new SavedFigures(
                time,
                OptionalDouble.empty(),
                rate,
                rate / limit,
                OptionalDouble.of(2e-7),
                "resident, work-group 1, vector 16",
                1,
                0,
                new Spread(COPY, COPY, COPY, 100),
                limit,
                Optional.empty());
        return new SavedRow(pass, BYTES, RowStatus.OK, "", figures);
    }

    public static SavedRow without(MeasuredPass pass, RowStatus status, String reason) {
        return new SavedRow(pass, BYTES, status, reason, null);
    }
}
