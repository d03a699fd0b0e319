package io.github.clnorm.tools.tune;

import io.github.clnorm.internal.tune.Tuned;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.MessageText;

/**
 * The result of tuning a pass.
 *
 * @param workload what is normalized
 * @param direction which pass
 * @param status whether there is a result
 * @param reason why there is no result; empty if there is one
 * @param tuned what was found; null if the search could not begin
 */
public record TuneRow(Workload workload, Direction direction, RowStatus status, String reason, Tuned tuned) {

    static TuneRow of(Workload workload, Direction direction, Tuned tuned) {
        return switch (tuned.ending()) {
            case FASTER, HEURISTIC -> new TuneRow(workload, direction, RowStatus.OK, "", tuned);
            case STOPPED -> new TuneRow(workload, direction, RowStatus.SKIPPED, "stopped", tuned);
            case OUT_OF_TIME -> new TuneRow(
                    workload,
                    direction,
                    RowStatus.SKIPPED,
                    "nothing was found within the budget: give it longer with --budget",
                    tuned);
            case IMPLAUSIBLE -> new TuneRow(
                    workload,
                    direction,
                    RowStatus.ERROR,
                    "no time is plausible: faster than four copies of the tensor",
                    tuned);
        };
    }

    static TuneRow without(Workload workload, Direction direction, RowStatus status, String reason) {
        return new TuneRow(workload, direction, status, MessageText.oneLine(reason), null);
    }
}
