/** The user's cache folder, and checks that no other user could have written its files. */
package io.github.clnorm.internal.cache;
