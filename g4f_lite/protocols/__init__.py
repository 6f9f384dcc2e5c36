"""What services speak, a folder each: what they are asked, and how their replies are decoded."""
