package io.github.clnorm.tools.survey;

import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.tools.terminal.MessageText;
import java.io.IOException;
import java.util.function.Consumer;

/** Runs stages one after another. One that fails or has no time left does not affect the others. */
final class Stages {

    private final SurveyDocument document;
    private final TimeBudget budget;
    private final Consumer<String> log;
    private SurveyFile file;
    private boolean failed;
    private volatile String running = "";

    /**
     * Creates it.
     *
     * @param document gets the end of each stage
     * @param budget the time
     * @param log receives a line for each stage
     */
    Stages(SurveyDocument document, TimeBudget budget, Consumer<String> log) {
        this.document = document;
        this.budget = budget;
        this.log = log;
    }

    /**
     * Runs a stage.
     *
     * @param name its name in the document
     * @param until the share of the whole time at which it ends
     * @param stage the stage
     * @return how it ended
     * @throws NoDeviceException if the stage finds that there is no device
     */
    SurveyDocument.Ending run(String name, double until, Stage stage) {
        running = name;
        long start = budget.passed();
        Stage.Outcome outcome;
        NoDeviceException none = null;
        if (budget.left(until) == 0) {
            outcome =
                    Stage.Outcome.cutShort(budget.isInterrupted() ? "interrupted before it began" : "no time was left");
        } else {
            try {
                outcome = stage.run(budget.after(until));
            } catch (NoDeviceException e) {
                none = e;
                outcome = Stage.Outcome.error(message(e));
            } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
                // Ctrl-C also ends child processes and the driver's compiler.
                outcome = budget.isInterrupted()
                        ? Stage.Outcome.cutShort("interrupted")
                        : Stage.Outcome.error(message(e));
            }
        }
        double seconds = (budget.passed() - start) / 1e9;
        document.stage(name, outcome.ending(), seconds, outcome.reason());
        failed |= outcome.ending() == SurveyDocument.Ending.ERROR;
        keep();
        log.accept(name + ": " + outcome.ending() + (outcome.reason().isEmpty() ? "" : ", " + outcome.reason()));
        if (none != null) {
            throw none;
        }
        return outcome.ending();
    }

    /** Adds the end of what ran beside another stage. */
    void add(String name, Stage.Outcome outcome) {
        document.stage(name, outcome.ending(), 0, outcome.reason());
        log.accept(name + ": " + outcome.ending() + (outcome.reason().isEmpty() ? "" : ", " + outcome.reason()));
    }

    /** The name of the stage that runs, or ran last. */
    String running() {
        return running;
    }

    /** Whether a stage failed. */
    boolean failed() {
        return failed;
    }

    /** Keeps the document in a file from now on. */
    void keepIn(SurveyFile in) {
        file = in;
    }

    /**
     * Keeps the document now.
     *
     * @throws IOException if the file cannot be written
     */
    void require() throws IOException {
        file.keep(document.copy());
    }

    private static String message(Throwable e) {
        return e.getMessage() == null ? e.toString() : MessageText.oneLine(e.getMessage());
    }

    /** Keeps the unfinished document. A full disk does not end the survey: the finished document may still fit. */
    void keep() {
        if (file == null) {
            return;
        }
        try {
            file.keep(document.copy());
        } catch (IOException e) {
            log.accept(message(e));
        }
    }
}
