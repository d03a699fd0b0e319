package io.github.clnorm.tools.tune;

import io.github.clnorm.internal.model.LaunchEstimate;
import io.github.clnorm.internal.model.Prediction;
import java.util.Locale;
import java.util.stream.Collectors;

/** A prediction in words, for users. */
final class PredictionText {

    private PredictionText() {}

    /** One line: time, share of the copy, launches, transits, and the occupancy of each launch. */
    static String of(Prediction prediction) {
        String launches =
                prediction.launches().stream().map(PredictionText::launch).collect(Collectors.joining("; "));
        return String.format(
                Locale.ROOT,
                "%.1f us, %.2f of the copy, %d %s, %.1f transits of memory and %.1f of the cache: %s",
                prediction.micros(),
                prediction.share(),
                prediction.launches().size(),
                prediction.launches().size() == 1 ? "launch" : "launches",
                prediction.transits(),
                prediction.cacheTransits(),
                launches);
    }

    private static String launch(LaunchEstimate launch) {
        return String.format(
                Locale.ROOT,
                "%s %.1f us, %.2f waves, %.0f %% of the work-items of a unit, limited by %s",
                launch.launch().kernel(),
                launch.micros(),
                launch.occupancy().waves(),
                100 * launch.occupancy().share(),
                launch.limit());
    }
}
