package io.github.clnorm.device;

import java.util.Locale;

/**
 * One thing that was looked at on the way to a device, and what was found. Immutable.
 *
 * @param state how it is
 * @param subject what was looked at, such as {@code ICD file}
 * @param detail what was found, without a full stop at the end
 * @param remedy what mends it, without a full stop at the end; empty where nothing has to be mended
 */
public record Finding(State state, String subject, String detail, String remedy) {

    /** How a part of the installation is. */
    public enum State {
        /** It works. */
        OK,
        /** It is not installed, or not where it was looked for. */
        MISSING,
        /** It is installed, and works, but offers nothing. */
        EMPTY,
        /** It is installed and does not work. */
        BROKEN,
        /** It is not used, which keeps no device from working. */
        UNUSED;

        /**
         * The state as a word.
         *
         * @return the name in lower case
         */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A part that works.
     *
     * @param subject what was looked at
     * @param detail what was found, without a full stop at the end
     * @return the finding
     */
    public static Finding ok(String subject, String detail) {
        return new Finding(State.OK, subject, detail, "");
    }

    /**
     * Whether it keeps a device from being used.
     *
     * @return true for all states but {@link State#OK} and {@link State#UNUSED}
     */
    public boolean isProblem() {
        return state != State.OK && state != State.UNUSED;
    }

    /**
     * What was found and what mends it.
     *
     * @return one or two sentences without a full stop at the end
     */
    public String sentence() {
        return remedy.isEmpty() ? detail : detail + ". " + remedy;
    }
}
