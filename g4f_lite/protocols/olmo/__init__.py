"""The protocol of AI2's playground, without I/O: question forms, replies, threads and rejections."""
