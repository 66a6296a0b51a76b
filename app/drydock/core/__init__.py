"""Pure part of Drydock: facts, findings, choices and plans. No files, processes, clock, threads or Qt."""
