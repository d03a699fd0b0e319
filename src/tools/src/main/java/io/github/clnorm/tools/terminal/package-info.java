/** What every command shares: exit codes, tables, progress, signals, output files and values of options. */
package io.github.clnorm.tools.terminal;
