package io.github.clnorm.tools.survey;

import java.io.IOException;
import java.util.function.BooleanSupplier;

/** A part of a survey. It puts its results into the document, also if it is stopped early. */
@FunctionalInterface
interface Stage {

    /**
     * Runs it.
     *
     * @param stop true when the stage's time is over, or the user has ended the survey
     * @return how it ended
     * @throws IOException if a file cannot be written; what is in the document stays
     */
    Outcome run(BooleanSupplier stop) throws IOException;

    /**
     * How a stage ended.
     *
     * @param ending in a word
     * @param reason what is missing, and why; empty if nothing is
     */
    record Outcome(SurveyDocument.Ending ending, String reason) {

        static final Outcome OK = new Outcome(SurveyDocument.Ending.OK, "");

        static Outcome cutShort(String reason) {
            return new Outcome(SurveyDocument.Ending.CUT_SHORT, reason);
        }

        static Outcome skipped(String reason) {
            return new Outcome(SurveyDocument.Ending.SKIPPED, reason);
        }

        static Outcome error(String reason) {
            return new Outcome(SurveyDocument.Ending.ERROR, reason);
        }
    }
}
