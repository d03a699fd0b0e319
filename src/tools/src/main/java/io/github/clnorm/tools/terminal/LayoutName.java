package io.github.clnorm.tools.terminal;

import io.github.clnorm.type.Layout;
import java.util.Locale;

/** Values of {@code --layout}, spelled as on the command line. */
public enum LayoutName {
    channels_first,
    channels_last;

    /** The layout of this name. */
    public Layout layout() {
        return Layout.valueOf(name().toUpperCase(Locale.ROOT));
    }
}
