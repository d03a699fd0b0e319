package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.RowStatus;

/**
 * A pass on a device, as a document says it.
 *
 * @param pass what was measured
 * @param bytes of the tensor
 * @param status how it ended
 * @param reason why there are no figures, or what is to be said about them; may be empty
 * @param figures what was measured; null unless the status is {@link RowStatus#OK}
 */
public record SavedRow(MeasuredPass pass, long bytes, RowStatus status, String reason, SavedFigures figures) {

    /**
     * Whether there are figures.
     *
     * @return false where it was unsupported, skipped or failed
     */
    public boolean isMeasured() {
        return status == RowStatus.OK;
    }
}
