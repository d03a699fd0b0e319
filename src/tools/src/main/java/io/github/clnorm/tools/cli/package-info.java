/** The command line: one class a command. */
package io.github.clnorm.tools.cli;
