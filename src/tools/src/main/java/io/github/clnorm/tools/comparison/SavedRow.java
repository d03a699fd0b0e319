package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.RowStatus;

/**
 * A row of a saved run.
 *
 * @param pass which pass
 * @param bytes of the tensor
 * @param status how it ended
 * @param reason why there are no figures, or a remark about them; may be empty
 * @param figures the measurements; null unless the status is {@link RowStatus#OK}
 */
public record SavedRow(MeasuredPass pass, long bytes, RowStatus status, String reason, SavedFigures figures) {

    /**
     * Whether there are figures.
     *
     * @return false if it was unsupported, skipped or failed
     */
    public boolean isMeasured() {
        return status == RowStatus.OK;
    }
}
