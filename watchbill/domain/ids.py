"""Names of things: exact types for the ids that travel between rooms."""

from typing import NewType

TaskId = NewType("TaskId", str)
RunId = NewType("RunId", str)
CallId = NewType("CallId", str)
SessionId = NewType("SessionId", str)
QuestionId = NewType("QuestionId", str)
RepoName = NewType("RepoName", str)
ProviderName = NewType("ProviderName", str)
TaskType = NewType("TaskType", str)
Commit = NewType("Commit", str)  # 40 hex digits
Token = NewType("Token", int)  # fencing token: rises with each holder of a task's lease
