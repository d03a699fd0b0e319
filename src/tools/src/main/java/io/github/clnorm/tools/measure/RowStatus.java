package io.github.clnorm.tools.measure;

import java.util.Locale;

/** How a row of bench or tune ended, spelled as in their documents. */
public enum RowStatus {
    /** It was measured. */
    OK,
    /** The device cannot run it: it does not support the type, or its largest buffer is too small. */
    UNSUPPORTED,
    /** It was stopped, or there was too little time or memory. */
    SKIPPED,
    /** The driver failed, or no time was plausible. */
    ERROR;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
