package io.github.clnorm.device;

import java.util.Locale;

/**
 * The state of one part of the OpenCL installation. Immutable and thread-safe.
 *
 * @param state its state
 * @param subject the part, for example {@code ICD file}
 * @param detail the facts, without a full stop at the end
 * @param remedy how to repair it, without a full stop at the end; empty if no repair is needed
 */
public record Finding(State state, String subject, String detail, String remedy) {

    /** The state of a part of the installation. */
    public enum State {
        /** It works. */
        OK,
        /** It is not installed, or not in the expected place. */
        MISSING,
        /** It works, but offers no device. */
        EMPTY,
        /** It is installed and does not work. */
        BROKEN,
        /** It is not used, and no device needs it. */
        UNUSED;

        /**
         * Returns the state as a word.
         *
         * @return the name in lower case
         */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Creates a finding about a part that works.
     *
     * @param subject the part
     * @param detail the facts, without a full stop at the end
     * @return the finding
     */
    public static Finding ok(String subject, String detail) {
        return new Finding(State.OK, subject, detail, "");
    }

    /**
     * Returns whether it prevents the use of a device.
     *
     * @return true for all states but {@link State#OK} and {@link State#UNUSED}
     */
    public boolean isProblem() {
        return state != State.OK && state != State.UNUSED;
    }

    /**
     * Returns detail and remedy.
     *
     * @return one or two sentences without a full stop at the end
     */
    public String sentence() {
        return remedy.isEmpty() ? detail : detail + ". " + remedy;
    }
}
