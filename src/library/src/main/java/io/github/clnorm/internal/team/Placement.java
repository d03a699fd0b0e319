package io.github.clnorm.internal.team;

/** Places the threads of a team on processors. Thread-safe. */
public interface Placement {

    /** Leaves it to the system. */
    Placement NONE = new Placement() {
        @Override
        public void helperStarted(int helper) {
            // The system places it.
        }

        @Override
        public void callerRuns() {
            // The system places the helpers.
        }
    };

    /**
     * Called by each helper when it starts.
     *
     * @param helper its number, from 0
     */
    void helperStarted(int helper);

    /** Called by a thread before it works with the helpers. Takes less than a microsecond. */
    void callerRuns();
}
