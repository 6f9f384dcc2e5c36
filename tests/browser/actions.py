"""Short words for what a person does and sees on the page."""

from playwright.sync_api import Locator, Page


class Chat:
    """The chat in one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.field = page.get_by_role("textbox", name="Message", exact=True)
        self.send_button = page.get_by_role("button", name="Send")
        self.stop_button = page.get_by_role("button", name="Stop generating")
        self.latest_button = page.get_by_role("button", name="Jump to the latest message")
        self.picker = page.locator(".picker-button")
        self.models = page.get_by_role("dialog", name="Models")
        self.messages = page.locator("chat-message")
        self.questions = page.locator("chat-message[data-role=user]")
        self.answers = page.locator("chat-message[data-role=assistant]")

    def ask(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def pick(self, model: str) -> None:
        """Pick a model by what a person reads for it."""
        self.picker.click()
        self.models.get_by_role("option").filter(has=self.page.get_by_text(model, exact=True)).click()

    @property
    def answer(self) -> Locator:
        """The last answer's text."""
        return self.answers.last.locator("[data-body]")

    def button(self, name: str) -> Locator:
        return self.answers.last.get_by_role("button", name=name, exact=True)

    def conversation(self, name: str) -> Locator:
        """An entry of the list."""
        return self.page.get_by_role("navigation", name="Chats").get_by_role("link", name=name)

    def distance_to_end(self) -> float:
        """Pixels between what is shown and the end of the page."""
        distance: float = self.page.evaluate(
            "document.documentElement.scrollHeight - document.documentElement.clientHeight - scrollY"
        )
        return distance
